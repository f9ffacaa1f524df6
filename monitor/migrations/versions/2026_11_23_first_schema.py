"""First schema"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

import monitor.models

revision = "2026_11_23_first"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor", sqlmodel.AutoString(length=60), nullable=False),
        sa.Column("action", sqlmodel.AutoString(length=60), nullable=False),
        sa.Column("subject", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column("outcome", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column(
            "details", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("previous", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("hash", sqlmodel.AutoString(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_subject"), ["subject"], unique=False)

    op.create_table(
        "job_run",
        sa.Column("job", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column("started_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column(
            "counts", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job"),
    )
    op.create_table(
        "login_try",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("login_try", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_try_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_try_key"), ["key"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sqlmodel.AutoString(length=100), nullable=False),
        sa.Column("alias", sqlmodel.AutoString(length=60), nullable=False),
        sa.Column("role", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("password_hash", sqlmodel.AutoString(length=300), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("locale", sqlmodel.AutoString(length=10), nullable=False),
        sa.Column(
            "prefs", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("created_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("alias"),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("week", sqlmodel.AutoString(length=10), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("zone", sqlmodel.AutoString(length=60), nullable=False),
        sa.Column("built_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("digest", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column(
            "payload", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("week", "revision"),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_week"), ["week"], unique=False)

    op.create_table(
        "setting",
        sa.Column("key", sqlmodel.AutoString(length=60), nullable=False),
        sa.Column(
            "value", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.AutoString(length=200), nullable=False),
        sa.Column("kind", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column(
            "options", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column(
            "cursor", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("next_poll_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_try_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_item_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_outcome", sqlmodel.AutoString(length=40), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column(
            "notes", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("lease_token", sqlmodel.AutoString(length=40), nullable=True),
        sa.Column("lease_until", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("created_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_source_next_poll_at"), ["next_poll_at"], unique=False)

    op.create_table(
        "collect_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("started_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("revised", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("unmapped", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("collect_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_collect_run_source_id"), ["source_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_collect_run_started_at"), ["started_at"], unique=False)

    op.create_table(
        "fact_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("external_id", sqlmodel.AutoString(length=300), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("title", sqlmodel.AutoString(length=1000), nullable=True),
        sa.Column("url", sqlmodel.AutoString(length=2048), nullable=True),
        sa.Column("publisher", sqlmodel.AutoString(length=300), nullable=True),
        sa.Column("lang", sqlmodel.AutoString(length=20), nullable=True),
        sa.Column("rating", sa.Text(), nullable=True),
        sa.Column("verdict", sqlmodel.AutoString(length=30), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("published_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("added_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("model", sqlmodel.AutoString(length=80), nullable=True),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("external_id"),
    )
    op.create_table(
        "login_session",
        sa.Column("token_hash", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_session_person_id"), ["person_id"], unique=False)

    op.create_table(
        "story",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sqlmodel.AutoString(length=300), nullable=False),
        sa.Column("title_lang", sqlmodel.AutoString(length=20), nullable=True),
        sa.Column("status", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("why", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False),
        sa.Column(
            "scores", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column(
            "flags", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column(
            "langs", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column(
            "platforms", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column(
            "sources", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("post_count", sa.Integer(), nullable=False),
        sa.Column("author_count", sa.Integer(), nullable=False),
        sa.Column("denying_count", sa.Integer(), nullable=False),
        sa.Column("asking_count", sa.Integer(), nullable=False),
        sa.Column("request_count", sa.Integer(), nullable=False),
        sa.Column("reach", sa.BigInteger(), nullable=True),
        sa.Column("growth", sa.Float(), nullable=False),
        sa.Column("first_seen_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("created_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("queued_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("opened_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("decided_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("verdict", sqlmodel.AutoString(length=30), nullable=True),
        sa.Column("last_triage", sqlmodel.AutoString(length=30), nullable=True),
        sa.Column("escalated", sa.Boolean(), nullable=False),
        sa.Column("lease_person_id", sa.Integer(), nullable=True),
        sa.Column("lease_until", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lease_person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["story.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("story", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_story_decided_at"), ["decided_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_story_first_seen_at"), ["first_seen_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_story_last_seen_at"), ["last_seen_at"], unique=False)
        batch_op.create_index("ix_story_queue", ["status", "priority", "id"], unique=False)

    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("triage", sqlmodel.AutoString(length=30), nullable=False),
        sa.Column("verdict", sqlmodel.AutoString(length=30), nullable=True),
        sa.Column(
            "evidence", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column(
            "tags", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column(
            "scores", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("model", sqlmodel.AutoString(length=80), nullable=True),
        sa.Column(
            "digests", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("undone_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["story.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_story_id"), ["story_id"], unique=False)

    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column("platform", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column("external_id", sqlmodel.AutoString(length=300), nullable=False),
        sa.Column("url", sqlmodel.AutoString(length=2048), nullable=True),
        sa.Column("title", sqlmodel.AutoString(length=1000), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("cut", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author_key", sqlmodel.AutoString(length=32), nullable=True),
        sa.Column("published_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("seen_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("event_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("lang_hint", sqlmodel.AutoString(length=20), nullable=True),
        sa.Column("lang", sqlmodel.AutoString(length=20), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("shares", sa.BigInteger(), nullable=True),
        sa.Column("replies", sa.BigInteger(), nullable=True),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("copy_key", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("copy_of", sa.Integer(), nullable=True),
        sa.Column("stance", sqlmodel.AutoString(length=20), nullable=True),
        sa.Column("triage", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column("triage_tries", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=True),
        sa.Column("deleted_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("erased_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["copy_of"],
            ["post.id"],
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
        ),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["story.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "external_id"),
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_author_key"), ["author_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_copy_key"), ["copy_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_copy_of"), ["copy_of"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_event_at"), ["event_at"], unique=False)
        batch_op.create_index("ix_post_pending", ["triage", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_seen_at"), ["seen_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_source_id"), ["source_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_story_id"), ["story_id"], unique=False)

    op.create_table(
        "response",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("action", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column("channel", sqlmodel.AutoString(length=200), nullable=False),
        sa.Column("link", sqlmodel.AutoString(length=2048), nullable=True),
        sa.Column("audience", sqlmodel.AutoString(length=300), nullable=False),
        sa.Column("lang", sqlmodel.AutoString(length=20), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("follow_up_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sqlmodel.AutoString(length=30), nullable=False),
        sa.Column("outcome_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.Column("outcome_note", sa.Text(), nullable=False),
        sa.Column("undone_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["story.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_response_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_response_follow_up_at"), ["follow_up_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_response_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_response_story_id"), ["story_id"], unique=False)

    op.create_table(
        "step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("kind", sqlmodel.AutoString(length=30), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=True),
        sa.Column(
            "before", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("undone_at", monitor.models.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["story.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_step_person_id"), ["person_id"], unique=False)

    op.create_table(
        "story_match",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("fact_check_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("band", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("state", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["fact_check_id"],
            ["fact_check.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["story.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("story_id", "fact_check_id"),
    )
    with op.batch_alter_table("story_match", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_match_fact_check_id"), ["fact_check_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_story_match_story_id"), ["story_id"], unique=False)

    op.create_table(
        "post_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sqlmodel.AutoString(length=1000), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("seen_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["post.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("post_id", "revision"),
    )
    with op.batch_alter_table("post_revision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_revision_post_id"), ["post_id"], unique=False)

    op.create_table(
        "post_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("model", sqlmodel.AutoString(length=80), nullable=False),
        sa.Column(
            "outcomes", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column(
            "scores", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column(
            "flags", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column(
            "unsure", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["post.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("post_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_run_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_run_post_id"), ["post_id"], unique=False)

    op.create_table(
        "post_vector",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("model", sqlmodel.AutoString(length=80), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["post.id"],
        ),
        sa.PrimaryKeyConstraint("post_id"),
    )
    op.create_table(
        "raw_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sqlmodel.AutoString(length=300), nullable=False),
        sa.Column("digest", sqlmodel.AutoString(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("fetched_at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("outcome", sqlmodel.AutoString(length=40), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["post.id"],
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id", "external_id", "digest"),
    )
    with op.batch_alter_table("raw_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_raw_item_fetched_at"), ["fetched_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_raw_item_outcome"), ["outcome"], unique=False)
        batch_op.create_index(batch_op.f("ix_raw_item_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_raw_item_source_id"), ["source_id"], unique=False)

    op.create_table(
        "story_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", monitor.models.UTCDateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.AutoString(length=20), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("from_story_id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_story_id"],
            ["story.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["post.id"],
        ),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["story.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("story_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_change_post_id"), ["post_id"], unique=False)
