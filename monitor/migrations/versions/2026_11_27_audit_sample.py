"""A story may be drawn into the weekly audit sample"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_audit_sample"
down_revision = "2026_11_27_speed"


def upgrade() -> None:
    op.add_column("story", sa.Column("audit_week", sa.String(10), nullable=True))
    op.create_index("ix_story_audit_week", "story", ["audit_week"])
