"""One module a tab: `build(desk, tab)` lays it out and says what its events do."""
