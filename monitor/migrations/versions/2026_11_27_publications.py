"""The desk's own fact-checks; fact-checks can be withdrawn"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

import monitor.models

revision = "2026_11_27_publications"
down_revision = "2026_11_27_outbox"

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("slug", sqlmodel.AutoString(length=80), nullable=True),
        sa.Column("verdict", sqlmodel.AutoString(length=30), nullable=True),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("editors", JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("published", JSON, nullable=False),
        sa.Column("first_published_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("published_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("publication", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_publication_story_id"), ["story_id"], unique=False)
    op.create_table(
        "publication_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("lang", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("title", sqlmodel.AutoString(length=300), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("publication_id", "lang"),
    )
    with op.batch_alter_table("fact_check", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn_at", monitor.models.UTCDateTime(timezone=True), nullable=True))
