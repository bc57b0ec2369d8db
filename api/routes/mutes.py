"""Mutes: what is not told for a while, with owner, reason and expiry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID, uuid4

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from api.auth import Writer
from api.context import Context, Database
from api.problems import Problem
from api.routes.outbox import MaybeReasonIn
from api.schemas import Answer, Instant, PageOut
from domain.mute import Matcher, MatchOperator, Mute, Recurrence
from jobs.patterns import check_pattern
from jobs.windows import check_recurrence, holds_until
from storage.engine import transaction
from storage.mutes import add_mute, end_mute, find_mute, list_mutes

router = APIRouter(tags=["mutes"])
EARLIEST_YEAR = 2000


class Given(BaseModel):
    """A body that is sent: what is not known is refused."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid")


class MatcherIn(Given):
    """One condition on a label. A regular expression has to match the whole value."""

    name: str = Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=200)
    operator: MatchOperator = MatchOperator.EQUAL
    value: str = Field(max_length=1000)

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        if self.operator in (MatchOperator.MATCHES, MatchOperator.NOT_MATCHES):
            check_pattern(self.value)
        return self


class RecurrenceIn(Given):
    """A window that comes again: a cron line or an RRULE of its starts, and how many seconds it lasts."""

    rule: str = Field(min_length=1, max_length=500)
    duration_seconds: int = Field(ge=60, le=366 * 86_400)
    timezone: str = Field(default="UTC", max_length=64)


class MuteIn(Given):
    """A new mute. Without an expiry there is no mute."""

    matchers: list[MatcherIn] = Field(min_length=1, max_length=20)
    reason: str = Field(min_length=1, max_length=1000)
    owner: str = Field(default="", max_length=200)
    starts_at: AwareDatetime | None = None
    expires_at: AwareDatetime
    recurrence: RecurrenceIn | None = None


class MatcherOut(Answer):
    """One condition on a label."""

    name: str
    operator: MatchOperator
    value: str


class RecurrenceOut(Answer):
    """A window that comes again."""

    rule: str
    duration_seconds: int
    timezone: str


class MuteOut(Answer):
    """A mute; `holdsUntil` null: it does not hold just now."""

    id: UUID
    matchers: list[MatcherOut]
    owner: str
    reason: str
    starts_at: Instant
    expires_at: Instant
    ended_at: Instant | None
    recurrence: RecurrenceOut | None
    holds_until: Instant | None

    @classmethod
    def of(cls, mute: Mute, at: datetime) -> MuteOut:
        """The mute as it is answered, at that moment."""
        window = mute.recurrence
        return cls(
            id=mute.id,
            matchers=[MatcherOut(name=one.name, operator=one.operator, value=one.value) for one in mute.matchers],
            owner=mute.owner,
            reason=mute.reason,
            starts_at=mute.starts_at,
            expires_at=mute.expires_at,
            ended_at=mute.ended_at,
            recurrence=None
            if window is None
            else RecurrenceOut(
                rule=window.rule, duration_seconds=int(window.duration.total_seconds()), timezone=window.timezone
            ),
            holds_until=holds_until(mute, at),
        )


@router.get("/mutes")
def mutes(session: Database) -> PageOut[MuteOut]:
    """Mutes that have not ended, those that end first at the top."""
    at = datetime.now(UTC)
    return PageOut(items=[MuteOut.of(mute, at) for mute in list_mutes(session, ended_since=at)], next_cursor=None)


@router.post("/mutes", status_code=201)
def add(context: Context, actor: Writer, body: MuteIn, response: Response) -> MuteOut:
    """Mute findings that all matchers match. They are recorded and reported still, and told when the mute ends."""
    at = datetime.now(UTC)
    begin, expiry = _instant("startsAt", body.starts_at or at), _instant("expiresAt", body.expires_at)
    if begin.year < EARLIEST_YEAR:
        raise Problem(422, f"startsAt: no mute begins before {EARLIEST_YEAR}")
    if expiry <= max(begin, at):
        raise Problem(422, "expiresAt: the mute would be over before it begins")
    mute = Mute(
        id=uuid4(),
        matchers=tuple(Matcher(one.name, one.operator, one.value) for one in body.matchers),
        owner=body.owner.strip() or actor,
        reason=body.reason,
        starts_at=begin,
        expires_at=expiry,
        recurrence=_recurrence(body.recurrence, begin),
    )
    with transaction(context.engine) as session:
        add_mute(session, mute, actor=actor)
    response.headers["Location"] = f"/api/v1/mutes/{mute.id}"
    return MuteOut.of(mute, at)


@router.post("/mutes/{mute_id}/end")
def end(context: Context, actor: Writer, mute_id: UUID, body: MaybeReasonIn | None = None) -> MuteOut:
    """End a mute before its time. What it held back is told within a minute."""
    at = datetime.now(UTC)
    with transaction(context.engine) as session:
        mute = find_mute(session, str(mute_id))
        if not end_mute(session, mute, at=at, actor=actor, reason="" if body is None else body.reason):
            raise Problem(409, "the mute has ended already")
        session.expire_all()
        return MuteOut.of(find_mute(session, str(mute_id)), at)


def _instant(name: str, moment: datetime) -> datetime:
    """The moment in UTC, which the ends of the calendar may not have."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Problem(422, f"{name}: it is beyond the years 1 to 9999 in UTC") from error


def _recurrence(given: RecurrenceIn | None, begin: datetime) -> Recurrence | None:
    if given is None:
        return None
    recurrence = Recurrence(given.rule, timedelta(seconds=given.duration_seconds), given.timezone)
    try:
        check_recurrence(recurrence, begin)
    except ValueError as error:
        raise Problem(422, f"recurrence: {error}") from error
    return recurrence
