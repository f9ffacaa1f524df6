"""Who may come in: accounts, second steps, keys for programs, signed links."""
