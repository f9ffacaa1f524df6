"""Sources: what people do to them, when they are visited, and what becomes of what they sent."""
