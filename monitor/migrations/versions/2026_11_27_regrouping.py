"""What people merge and split: one row per change, its posts beside it"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import monitor.models

revision = "2026_11_27_regrouping"
down_revision = "2026_11_23_first"


def upgrade() -> None:
    op.drop_table("story_change")  # nothing wrote it before
    op.create_table(
        "story_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("from_story_id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("matched_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["from_story_id"], ["story.id"]),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("from_story_id", "story_id", "matched_at"):
        op.create_index(f"ix_story_change_{column}", "story_change", [column])
    op.create_table(
        "story_change_post",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["story_change.id"]),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"]),
        sa.PrimaryKeyConstraint("change_id", "post_id"),
    )
    op.create_index("ix_story_change_post_post_id", "story_change_post", ["post_id"])
