"""Fitting grouping, matching and stance, and measuring them, on labelled sets: no part of a running desk."""
