"""Second readings"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

import monitor.models

revision = "2026_11_27_second_readings"
down_revision = "2026_11_27_responses"


def _json() -> sa.JSON:
    return sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("asked_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("until", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("waived", _json(), nullable=False),
        sa.Column("done_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("triage", sqlmodel.AutoString(length=30), nullable=True),
        sa.Column("verdict", sqlmodel.AutoString(length=30), nullable=True),
        sa.Column("evidence", _json(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.Column("withdrawn_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"]),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("reading", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reading_story_id"), ["story_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reading_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reading_done_at"), ["done_at"], unique=False)
