"""The desk: server-rendered pages over the use-cases in ``monitor``."""
