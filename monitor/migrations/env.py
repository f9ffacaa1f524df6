"""Alembic's entry: migrations run on the connection that ``monitor.db`` hands over, in its transaction."""

from alembic import context
from sqlmodel import SQLModel

from monitor import models

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    user_module_prefix="monitor.models.",
)
assert models
with context.begin_transaction():
    context.run_migrations()
