"""The first tables: all that Forewarn remembers.

Compatibility: the previous release still runs while this step does, and after it. So a step only adds: a column is
nullable or has a default, a constraint is added NOT VALID and validated by a later step, an index on a table that
grows is built CONCURRENTLY (in `op.get_context().autocommit_block()`, after dropping an invalid leftover). What is no
longer used is taken away one release later. Data is filled in by small batches, in a step of its own.

Revision ID: 0001
Revises:
Create Date: 2026-11-22 09:34:07.370939+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_action", "audit_log", ["action", "id"], unique=False)
    op.create_index("ix_audit_log_at", "audit_log", ["at"], unique=False)
    op.create_index("ix_audit_log_subject", "audit_log", ["subject", "id"], unique=False)
    op.create_table(
        "executions",
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("script_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column(
            "parameters", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "targets", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("dry_run", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("output", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("requested_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("completed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("days_gained", sa.Double(), nullable=True),
        sa.Column(
            "updated_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'success', 'failed', 'cancelled')", name=op.f("ck_executions_status")
        ),
        sa.CheckConstraint("char_length(correlation_id) BETWEEN 1 AND 128", name=op.f("ck_executions_correlation_id")),
        sa.CheckConstraint(
            "started_at IS NULL OR completed_at IS NULL OR started_at <= completed_at", name=op.f("ck_executions_times")
        ),
        sa.PrimaryKeyConstraint("correlation_id", name=op.f("pk_executions")),
    )
    op.create_index("ix_executions_fingerprint", "executions", ["fingerprint", "requested_at"], unique=False)
    op.create_index("ix_executions_requested_at", "executions", ["requested_at", "correlation_id"], unique=False)
    op.create_index("ix_executions_rule", "executions", ["rule", "requested_at"], unique=False)
    op.create_index(
        "ix_executions_unfinished",
        "executions",
        ["requested_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('pending', 'running')"),
    )
    op.create_table(
        "incidents",
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="new", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("expected_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "members", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("acknowledged_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("resolved_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "updated_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("(resolved_at IS NOT NULL) = (status = 'resolved')", name=op.f("ck_incidents_resolved")),
        sa.CheckConstraint(
            "outcome IN ('prevented', 'occurred', 'false_positive', 'accepted_risk', 'cleared')",
            name=op.f("ck_incidents_outcome"),
        ),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_incidents_severity")),
        sa.CheckConstraint(
            "status IN ('new', 'acknowledged', 'in_progress', 'resolved')", name=op.f("ck_incidents_status")
        ),
        sa.CheckConstraint("char_length(source_key) BETWEEN 1 AND 128", name=op.f("ck_incidents_source_key")),
        sa.CheckConstraint("episode >= 1", name=op.f("ck_incidents_episode")),
        sa.PrimaryKeyConstraint("source_key", name=op.f("pk_incidents")),
    )
    op.create_index(
        "ix_incidents_open", "incidents", ["job"], unique=False, postgresql_where=sa.text("status <> 'resolved'")
    )
    op.create_index("ix_incidents_opened_at", "incidents", ["opened_at", "source_key"], unique=False)
    op.create_index(
        "ix_incidents_remote_id",
        "incidents",
        ["remote_id"],
        unique=False,
        postgresql_where=sa.text("remote_id IS NOT NULL"),
    )
    op.create_index("uq_incidents_fingerprint_episode", "incidents", ["fingerprint", "episode"], unique=True)
    op.create_table(
        "mutes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matchers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("starts_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("recurrence", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("owner <> '' AND reason <> ''", name=op.f("ck_mutes_accountable")),
        sa.CheckConstraint("jsonb_array_length(matchers) > 0", name=op.f("ck_mutes_matchers")),
        sa.CheckConstraint("starts_at < expires_at", name=op.f("ck_mutes_window")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mutes")),
    )
    op.create_index("ix_mutes_expires_at", "mutes", ["expires_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unknown", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "next_attempt_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(finished_at IS NULL) = (state = 'pending')", name=op.f("ck_outbox_finished")),
        sa.CheckConstraint("holder IS NULL OR state = 'pending'", name=op.f("ck_outbox_held")),
        sa.CheckConstraint(
            "kind IN ('incident.create', 'incident.update', 'incident.comment', 'incident.resolve', 'execution.start')",
            name=op.f("ck_outbox_kind"),
        ),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'dead', 'discarded')", name=op.f("ck_outbox_state")),
        sa.CheckConstraint("(holder IS NULL) = (lease_until IS NULL)", name=op.f("ck_outbox_lease")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_outbox_attempts")),
        sa.CheckConstraint("char_length(key) BETWEEN 1 AND 128", name=op.f("ck_outbox_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(
        "ix_outbox_blocking",
        "outbox",
        ["subject", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'dead')"),
    )
    op.create_index("ix_outbox_dead", "outbox", ["id"], unique=False, postgresql_where=sa.text("state = 'dead'"))
    op.create_index(
        "ix_outbox_finished_at",
        "outbox",
        ["finished_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.create_index("ix_outbox_pending", "outbox", ["id"], unique=False, postgresql_where=sa.text("state = 'pending'"))
    op.create_index("ix_outbox_subject", "outbox", ["subject", "id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "summary", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("claims", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(finished_at IS NOT NULL) = (status NOT IN ('planned', 'running'))", name=op.f("ck_runs_finished")
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'running', 'succeeded', 'partial', 'failed', 'abandoned')",
            name=op.f("ck_runs_status"),
        ),
        sa.CheckConstraint("(holder IS NULL) = (lease_until IS NULL)", name=op.f("ck_runs_lease")),
        sa.CheckConstraint("finished_at IS NULL OR holder IS NULL", name=op.f("ck_runs_finished_held")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_as_of_id", "runs", ["as_of", "id"], unique=False)
    op.create_index(
        "ix_runs_unfinished", "runs", ["job"], unique=False, postgresql_where=sa.text("finished_at IS NULL")
    )
    op.create_index("uq_runs_job_as_of", "runs", ["job", "as_of"], unique=True, postgresql_where=sa.text("NOT dry_run"))
    op.create_table(
        "switches",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "changed_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switches")),
    )
    op.create_table(
        "findings",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("entity", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("first_seen", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_seen", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("cleared_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("p50", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("within_lead_time", sa.Double(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column(
            "updated_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('exhaustion', 'oversized')", name=op.f("ck_findings_kind")),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_findings_severity")),
        sa.CheckConstraint("state IN ('pending', 'open', 'clearing', 'cleared')", name=op.f("ck_findings_state")),
        sa.CheckConstraint("episode >= 1", name=op.f("ck_findings_episode")),
        sa.CheckConstraint("first_seen <= last_seen", name=op.f("ck_findings_seen")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_findings_run_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_findings")),
    )
    op.create_index(
        "ix_findings_entity",
        "findings",
        ["entity"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"entity": "jsonb_path_ops"},
    )
    op.create_index(
        "ix_findings_job_cleared",
        "findings",
        ["job", "last_seen"],
        unique=False,
        postgresql_where=sa.text("state = 'cleared'"),
    )
    op.create_index(
        "ix_findings_job_live", "findings", ["job"], unique=False, postgresql_where=sa.text("state <> 'cleared'")
    )
    op.create_index("ix_findings_run_id", "findings", ["run_id"], unique=False)
    op.create_index("ix_findings_watch", "findings", ["watch"], unique=False)
    op.create_table(
        "outbox_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "outcome IN ('delivered', 'retry', 'unknown', 'dead')", name=op.f("ck_outbox_attempts_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outbox.id"], name=op.f("fk_outbox_attempts_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_attempts")),
    )
    op.create_index("ix_outbox_attempts_message_id", "outbox_attempts", ["message_id", "id"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_reports_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("run_id", "language", "format", name=op.f("uq_reports_run_id_language_format")),
    )
    op.create_index("ix_reports_created_at", "reports", ["created_at"], unique=False)
    op.create_table(
        "shards",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("shard_index", sa.Integer(), nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "notes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "timings", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("series", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "planned_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("(finished_at IS NULL) = (status = 'pending')", name=op.f("ck_shards_finished")),
        sa.CheckConstraint("status IN ('pending', 'done', 'failed')", name=op.f("ck_shards_status")),
        sa.CheckConstraint("series >= 0", name=op.f("ck_shards_series")),
        sa.CheckConstraint("shard_index >= 0", name=op.f("ck_shards_shard_index")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_shards_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "shard_index", name=op.f("pk_shards")),
    )
    op.create_table(
        "analyses",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("entity_key", sa.Uuid(), nullable=False),
        sa.Column("entity", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shard_index", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("exhausted", sa.Boolean(), nullable=False),
        sa.Column("p10", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("p50", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("p90", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("within_lead_time", sa.Double(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("backtest_score", sa.Double(), nullable=True),
        sa.Column("current_value", sa.Double(), nullable=True),
        sa.Column("limit_value", sa.Double(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("chart", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "status IN ('ok', 'constant', 'too_short', 'too_sparse', 'empty', 'stale', 'no_limit', 'failed')",
            name=op.f("ck_analyses_status"),
        ),
        sa.CheckConstraint("position >= 0", name=op.f("ck_analyses_position")),
        sa.ForeignKeyConstraint(
            ["run_id", "shard_index"],
            ["shards.run_id", "shards.shard_index"],
            name=op.f("fk_analyses_run_id_shard_index"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "watch", "entity_key", name=op.f("pk_analyses")),
    )
    op.create_index("ix_analyses_entity", "analyses", ["watch", "entity_key", "run_id"], unique=False)
    op.create_index("ix_analyses_shard", "analyses", ["run_id", "shard_index", "position"], unique=False)
    op.create_table(
        "finding_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("exhaustion", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("current_value", sa.Double(), nullable=True),
        sa.Column("limit_value", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "recorded_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_finding_history_severity")),
        sa.CheckConstraint(
            "state IN ('pending', 'open', 'clearing', 'cleared')", name=op.f("ck_finding_history_state")
        ),
        sa.ForeignKeyConstraint(
            ["fingerprint"], ["findings.fingerprint"], name=op.f("fk_finding_history_fingerprint"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_history")),
        sa.UniqueConstraint("fingerprint", "run_id", name=op.f("uq_finding_history_fingerprint_run_id")),
    )
    op.create_index("ix_finding_history_as_of", "finding_history", ["as_of"], unique=False)
    op.execute(
        """
        CREATE FUNCTION forewarn_audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND current_setting('forewarn.retention', true) = 'on' THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'the audit log is only added to' USING ERRCODE = 'insufficient_privilege';
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log "
        "FOR EACH ROW EXECUTE FUNCTION forewarn_audit_log_is_append_only()"
    )


def downgrade() -> None:
    """Change them back."""
    op.drop_index("ix_finding_history_as_of", table_name="finding_history")
    op.drop_table("finding_history")
    op.drop_index("ix_analyses_shard", table_name="analyses")
    op.drop_index("ix_analyses_entity", table_name="analyses")
    op.drop_table("analyses")
    op.drop_table("shards")
    op.drop_index("ix_reports_created_at", table_name="reports")
    op.drop_table("reports")
    op.drop_index("ix_outbox_attempts_message_id", table_name="outbox_attempts")
    op.drop_table("outbox_attempts")
    op.drop_index("ix_findings_watch", table_name="findings")
    op.drop_index("ix_findings_run_id", table_name="findings")
    op.drop_index("ix_findings_job_live", table_name="findings", postgresql_where=sa.text("state <> 'cleared'"))
    op.drop_index("ix_findings_job_cleared", table_name="findings", postgresql_where=sa.text("state = 'cleared'"))
    op.drop_index(
        "ix_findings_entity", table_name="findings", postgresql_using="gin", postgresql_ops={"entity": "jsonb_path_ops"}
    )
    op.drop_table("findings")
    op.drop_table("switches")
    op.drop_index("uq_runs_job_as_of", table_name="runs", postgresql_where=sa.text("NOT dry_run"))
    op.drop_index("ix_runs_unfinished", table_name="runs", postgresql_where=sa.text("finished_at IS NULL"))
    op.drop_index("ix_runs_as_of_id", table_name="runs")
    op.drop_table("runs")
    op.drop_index("ix_outbox_subject", table_name="outbox")
    op.drop_index("ix_outbox_pending", table_name="outbox", postgresql_where=sa.text("state = 'pending'"))
    op.drop_index("ix_outbox_finished_at", table_name="outbox", postgresql_where=sa.text("finished_at IS NOT NULL"))
    op.drop_index("ix_outbox_dead", table_name="outbox", postgresql_where=sa.text("state = 'dead'"))
    op.drop_index("ix_outbox_blocking", table_name="outbox", postgresql_where=sa.text("state IN ('pending', 'dead')"))
    op.drop_table("outbox")
    op.drop_index("ix_mutes_expires_at", table_name="mutes")
    op.drop_table("mutes")
    op.drop_index("uq_incidents_fingerprint_episode", table_name="incidents", if_exists=True)
    op.drop_index("ix_incidents_remote_id", table_name="incidents", postgresql_where=sa.text("remote_id IS NOT NULL"))
    op.drop_index("ix_incidents_opened_at", table_name="incidents")
    op.drop_index("ix_incidents_open", table_name="incidents", postgresql_where=sa.text("status <> 'resolved'"))
    op.drop_table("incidents")
    op.drop_index(
        "ix_executions_unfinished",
        table_name="executions",
        postgresql_where=sa.text("status IN ('pending', 'running')"),
    )
    op.drop_index("ix_executions_rule", table_name="executions")
    op.drop_index("ix_executions_requested_at", table_name="executions")
    op.drop_index("ix_executions_fingerprint", table_name="executions")
    op.drop_table("executions")
    op.drop_index("ix_audit_log_subject", table_name="audit_log")
    op.drop_index("ix_audit_log_at", table_name="audit_log")
    op.drop_index("ix_audit_log_action", table_name="audit_log")
    op.drop_table("audit_log")
    op.execute("DROP FUNCTION forewarn_audit_log_is_append_only()")
