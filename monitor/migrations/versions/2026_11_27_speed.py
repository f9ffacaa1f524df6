"""Lists of stories and their counts are answered from indexes alone"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_speed"
down_revision = "2026_11_27_explained"

LIVE: Any = {"sqlite_where": sa.text("merged_into IS NULL"), "postgresql_where": sa.text("merged_into IS NULL")}


def upgrade() -> None:
    op.drop_index("ix_story_queue", "story")
    op.create_index("ix_story_queue", "story", ["status", "priority", "id"], **LIVE)
    op.create_index("ix_story_priority", "story", ["priority", "id"], **LIVE)
    op.create_index(
        "ix_story_escalated", "story", ["status", "priority", "id"],
        sqlite_where=sa.text("escalated IS 1"), postgresql_where=sa.text("escalated IS true"),
    )  # fmt: skip
    op.create_index("ix_story_lease_person_id", "story", ["lease_person_id"])
    op.create_index("ix_story_assigned_id", "story", ["assigned_id"])
