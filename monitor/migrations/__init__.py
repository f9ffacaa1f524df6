"""Schema history (Alembic); each file is one step forward."""
