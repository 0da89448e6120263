"""Whatever loads weights or calls a model."""
