"""Signs of posts beside their vectors; an index to follow what is erased"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_signs"
down_revision = "2026_11_27_desk"


def upgrade() -> None:
    op.add_column("post_vector", sa.Column("signs", sa.LargeBinary(), nullable=True))
    op.create_index("ix_post_erased_at", "post", ["erased_at"])
