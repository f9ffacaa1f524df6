"""A made-up quarter whose every figure is known, to hold the summary against."""
