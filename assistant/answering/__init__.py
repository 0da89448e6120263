"""Passages become an answer in which every sentence is a checked quote."""
