"""What people do to stories, and what they read while doing it."""
