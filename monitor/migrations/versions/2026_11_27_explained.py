"""Words that mattered to a score"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_explained"
down_revision = "2026_11_27_people"


def upgrade() -> None:
    as_json = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    with op.batch_alter_table("post_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("words", as_json, nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("explained", sa.Boolean(), nullable=False, server_default=sa.false()))
