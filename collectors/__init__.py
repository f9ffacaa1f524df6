"""One file per kind of source, a shared protocol and a registry."""
