"""Alarms of early warning, when a story had its last one, and posts that doubt"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

import monitor.models

revision = "2026_11_27_alarms"
down_revision = "2026_11_27_sources"


def upgrade() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("raised_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("window_hours", sa.Integer(), nullable=False),
        sa.Column("observed", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("upper", sa.Float(), nullable=False),
        sa.Column("authors", sa.Integer(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("sceptic_share", sa.Float(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("rank", sa.Float(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("shown_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("over_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("card", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
                  nullable=False),
        sa.Column("state", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("state_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("story_id", "number"),
    )  # fmt: skip
    for column in ("raised_at", "shown_at", "story_id"):
        op.create_index(f"ix_alarm_{column}", "alarm", [column])
    op.add_column("story", sa.Column("alarm_at", monitor.models.UTCDateTime(timezone=True), nullable=True))
    op.create_index("ix_story_alarm_at", "story", ["alarm_at"])
    op.add_column("post", sa.Column("sceptical", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_post_surge", "post", ["story_id", "event_at", "author_key", "seen_at"])
