"""Responses: when it was done, rule and number of a report, what the platform did, which answer it repeats"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import monitor.models

revision = "2026_11_27_responses"
down_revision = "2026_11_27_regrouping"


def upgrade() -> None:
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.add_column(sa.Column("done_at", monitor.models.UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("rule", sqlmodel.AutoString(length=300), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("ticket", sqlmodel.AutoString(length=100), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("visibility", sqlmodel.AutoString(length=30), nullable=True))
        batch_op.add_column(sa.Column("again_of", sa.Integer(), nullable=True))
