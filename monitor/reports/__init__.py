"""A summary in words and forms: HTML, PDF, Markdown, CSV and JSON in three languages, from its payload alone."""
