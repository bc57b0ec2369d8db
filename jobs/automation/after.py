"""After a run has decided: what executions have gained is recorded, and which are started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.finding import Analysis
from domain.job import Job
from domain.outbox import NewMessage
from domain.run import Run
from jobs.automation.config import AutomationConfig
from jobs.automation.load import load_state
from jobs.automation.measure import measure
from jobs.automation.plan import plan_executions, selected
from jobs.automation.record import lock_automation, write_decisions
from jobs.decide import Decided
from jobs.surroundings import Surroundings
from storage.engine import WriteSession


@dataclass(frozen=True, slots=True)
class Automation:
    """What automation may do, and in which time zone and language."""

    config: AutomationConfig = field(default_factory=AutomationConfig)
    timezone: str = "UTC"
    language: str = "en"

    def after_deciding(
        self,
        session: WriteSession,
        job: Job,
        run: Run,
        decided: Decided,
        analyses: Sequence[Analysis],
        around: Surroundings,
    ) -> tuple[NewMessage, ...]:
        """Write executions, what asks for them, and the audit log. Returns comments that go after what is told.

        Call it in the transaction that records the run's decisions, before anything is written to the outbox: who
        holds the lock of automation may wait for the outbox, and not the other way round.
        """
        comments = measure(session, run, analyses, decided, self.config, self.language)
        findings = [finding for finding, _ in selected(decided.findings, self.config)]
        if not findings:
            return comments
        lock_automation(session)
        state = load_state(
            session,
            job,
            self.config,
            findings,
            analyses=analyses,
            timezone=self.timezone,
            at=run.as_of if around.available is None else around.available.at,
            available=around.available,
            silences=around.silences,
            unheard=around.unheard,
        )
        decisions = plan_executions(decided.findings, self.config, state, run.as_of)
        return (*comments, *write_decisions(session, decisions, self.language))
