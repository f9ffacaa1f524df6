"""All SQL. Functions take the session first and never commit."""
