"""Chunks become a searchable, verified generation."""
