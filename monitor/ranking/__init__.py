"""Where a story stands in the queue: a sum of named points."""
