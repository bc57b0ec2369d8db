"""All tables, one per file; `Base.metadata` is the schema that the migrations lead to."""

from domain.outbox import MessageState
from storage.tables.analysis import AnalysisRow
from storage.tables.audit import AuditRow
from storage.tables.base import Base
from storage.tables.execution import ExecutionRow
from storage.tables.finding import FindingRow
from storage.tables.finding_history import FindingHistoryRow
from storage.tables.incident import IncidentRow
from storage.tables.mute import MuteRow
from storage.tables.outbox import OutboxRow
from storage.tables.outbox_attempt import AttemptOutcome, OutboxAttemptRow
from storage.tables.report import ReportRow
from storage.tables.run import RunRow
from storage.tables.shard import ShardRow
from storage.tables.switch import SwitchRow

__all__ = [
    "AnalysisRow",
    "AttemptOutcome",
    "AuditRow",
    "Base",
    "ExecutionRow",
    "FindingHistoryRow",
    "FindingRow",
    "IncidentRow",
    "MessageState",
    "MuteRow",
    "OutboxAttemptRow",
    "OutboxRow",
    "ReportRow",
    "RunRow",
    "ShardRow",
    "SwitchRow",
]
