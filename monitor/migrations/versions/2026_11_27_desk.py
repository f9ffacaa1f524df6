"""Answers about harm, stories kept for a person, joint undo, saved lenses, questions to experts"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

import monitor.models

revision = "2026_11_27_desk"
down_revision = "2026_11_27_publications"


def _json() -> sa.JSON:
    return sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, monitor.models.UTCDateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    for table, columns in {
        "story": (
            sa.Column("harm", _json(), nullable=False, server_default="{}"),
            sa.Column("lease_from", sqlmodel.AutoString(length=20), nullable=True),
            sa.Column("hold_reason", sqlmodel.AutoString(length=300), nullable=False, server_default=""),
            sa.Column("assigned_id", sa.Integer(), nullable=True),
        ),
        "decision": (
            sa.Column("weights_version", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("harm", _json(), nullable=False, server_default="{}"),
            sa.Column("harm_proposed", _json(), nullable=False, server_default="{}"),
        ),
        "step": (sa.Column("batch", sqlmodel.AutoString(length=40), nullable=True),),
    }.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.add_column(column)
    op.create_table(
        "expert_ask",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        _time("asked_at"),
        _time("expires_at"),
        sa.Column("name", sqlmodel.AutoString(length=200), nullable=False),
        sa.Column("lang", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        _time("answered_at", nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("links", _json(), nullable=False),
        _time("withdrawn_at", nullable=True),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_expert_ask_story_id", "expert_ask", ["story_id"])
    op.create_table(
        "saved_lens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.AutoString(length=60), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("query", _json(), nullable=False),
        _time("created_at"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id", "name"),
    )
