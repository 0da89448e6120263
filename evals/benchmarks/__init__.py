"""The sections of `make bench`: each measures one thing and returns a Section of figures (see figures.py)."""
