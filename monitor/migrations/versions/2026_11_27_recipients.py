"""Recipients of the summary, what they do with it and answer"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import monitor.models

revision = "2026_11_27_recipients"
down_revision = "2026_11_27_tokens"


def _time(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, monitor.models.UTCDateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.AutoString(length=60), nullable=False),
        sa.Column("address", sqlmodel.AutoString(length=320), nullable=False),
        sa.Column("lang", sqlmodel.AutoString(length=10), nullable=False),
        sa.Column("pdf", sa.Boolean(), nullable=False),
        sa.Column("answers", sa.Boolean(), nullable=False),
        sa.Column("outside", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("address"),
    )
    op.create_table(
        "report_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("week", sqlmodel.AutoString(length=10), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        _time("mailed_at"),
        _time("opened_at", nullable=True),
        sa.Column("useful", sa.Boolean(), nullable=True),
        sa.Column("why", sqlmodel.AutoString(length=500), nullable=False),
        _time("said_at", nullable=True),
        sa.ForeignKeyConstraint(["recipient_id"], ["recipient.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("week", "recipient_id"),
    )
    op.create_index("ix_report_use_week", "report_use", ["week"])
    op.create_table(
        "report_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("week", sqlmodel.AutoString(length=10), nullable=False),
        sa.Column("rule", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column("option", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column("note", sqlmodel.AutoString(length=1000), nullable=False),
        sa.Column("who", sqlmodel.AutoString(length=60), nullable=False),
        _time("at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("week", "rule", "who"),
    )
    op.create_index("ix_report_answer_week", "report_answer", ["week"])
