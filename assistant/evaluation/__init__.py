"""Measures builds: retrieval, answers, fitting."""
