"""Files become Documents, Documents become Chunks."""
