"""Which posts say the same thing, and what a story is."""
