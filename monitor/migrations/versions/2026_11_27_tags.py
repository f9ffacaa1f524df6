"""Lenses by language, label, platform and source read an index: triggers keep what a story has beside it"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_tags"
down_revision = "2026_11_27_audit_sample"

_LISTS = {"lang": "langs", "label": "flags", "platform": "platforms", "source": "sources"}
"""Kind of tag -> the column of ``story`` whose list holds its values."""
_MARKS = {"asked": "request_count > 0", "alarm": "alarm_at IS NOT NULL", "escalated": "escalated"}
"""Mark -> the condition on ``story`` under which it has it."""
_COLUMNS = (*_LISTS.values(), "request_count", "alarm_at", "escalated", "merged_into")


def upgrade() -> None:
    connection = op.get_bind()
    op.create_table(
        "story_tag",
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("value", sa.String(60), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("story_id", "kind", "value"),
    )
    sqlite = connection.dialect.name == "sqlite"
    op.execute(_added("story", sqlite))
    op.create_index("ix_story_tag_queue", "story_tag", ["kind", "value", "status", "priority", "story_id"])
    op.drop_index("ix_story_escalated", "story")
    op.create_index("ix_story_queued_at", "story", ["queued_at"])
    for statement in _sqlite() if sqlite else _postgresql():
        op.execute(statement)


def _added(row: str, sqlite: bool) -> str:
    """Return the statement that writes the tags of ``story`` (all of them) or of a trigger's ``new`` row."""
    each, found = ("json_each", "found") if sqlite else ("jsonb_array_elements_text", "found(value)")
    source = f"{row}, " if row == "story" else ""
    whole = f"FROM {row} " if row == "story" else ""
    parts = [
        f"SELECT DISTINCT {row}.id, '{kind}', CAST(found.value AS VARCHAR(60)), {row}.status, {row}.priority "  # noqa: S608
        f"FROM {source}{each}({row}.{column}) AS {found} WHERE {row}.merged_into IS NULL"
        for kind, column in _LISTS.items()
    ] + [
        f"SELECT {row}.id, 'mark', '{mark}', {row}.status, {row}.priority "
        f"{whole}WHERE {row}.merged_into IS NULL AND {row}.{condition}"
        for mark, condition in _MARKS.items()
    ]
    return "INSERT INTO story_tag (story_id, kind, value, status, priority) " + " UNION ALL ".join(parts)


def _sqlite() -> list[str]:
    gone = "DELETE FROM story_tag WHERE story_id = new.id;"
    moved = "UPDATE story_tag SET status = new.status, priority = new.priority WHERE story_id = new.id;"
    has_moved = "WHEN old.status IS NOT new.status OR old.priority IS NOT new.priority"
    return [
        f"CREATE TRIGGER story_tag_added AFTER INSERT ON story BEGIN {_added('new', True)}; END",
        f"CREATE TRIGGER story_tag_moved AFTER UPDATE OF status, priority ON story {has_moved} BEGIN {moved} END",
        f"CREATE TRIGGER story_tag_changed AFTER UPDATE OF {', '.join(_COLUMNS)} ON story "
        f"BEGIN {gone} {_added('new', True)}; END",
    ]


def _postgresql() -> list[str]:
    same = " AND ".join(f"old.{column} IS NOT DISTINCT FROM new.{column}" for column in _COLUMNS)
    return [
        f"""CREATE FUNCTION story_tag_write() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF {same} THEN
                    IF old.status <> new.status OR old.priority <> new.priority THEN
                        UPDATE story_tag SET status = new.status, priority = new.priority WHERE story_id = new.id;
                    END IF;
                    RETURN NULL;
                END IF;
                DELETE FROM story_tag WHERE story_id = new.id;
            END IF;
            {_added("new", False)};
            RETURN NULL;
        END $$""",  # noqa: S608 - our own names
        f"CREATE TRIGGER story_tag_write AFTER INSERT OR UPDATE OF status, priority, {', '.join(_COLUMNS)} ON story "
        "FOR EACH ROW EXECUTE FUNCTION story_tag_write()",
    ]
