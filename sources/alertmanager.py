"""Alertmanager: which alerts fire and which silences hold just now (its API v2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import httpx
import msgspec

from domain.alert import KnownAlert, KnownSilence
from domain.labels import Labels
from domain.mute import Matcher, MatchOperator
from domain.times import utc
from sources.config import HttpConfig
from sources.errors import SourceMalformed, SourceRejected, SourceUnavailable
from sources.http.ask import Ask
from sources.http.client import open_client
from sources.http.deadline import Deadline
from sources.http.send import Sender

NAME = "alertmanager"
T = TypeVar("T")
Known = TypeVar("Known")


class _Alert(msgspec.Struct, frozen=True, rename="camel"):
    labels: dict[str, str]
    starts_at: datetime


class _Matcher(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    value: str
    is_regex: bool
    is_equal: bool = True


class _Status(msgspec.Struct, frozen=True):
    state: str


class _Silence(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    matchers: list[_Matcher]
    ends_at: datetime
    status: _Status
    comment: str = ""
    created_by: str = ""


# The last three: text that is no Unicode and times without a zone, times beyond the calendar, and endless nesting.
_NOT_OF_THE_API = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
_OPERATORS: Mapping[tuple[bool, bool], MatchOperator] = {
    (False, True): MatchOperator.EQUAL,
    (False, False): MatchOperator.NOT_EQUAL,
    (True, True): MatchOperator.MATCHES,
    (True, False): MatchOperator.NOT_MATCHES,
}


class Alertmanager:
    """One Alertmanager, or a cluster behind one address. One attempt each: what it knows is good to have, no more."""

    def __init__(self, config: HttpConfig, transport: httpx.BaseTransport | None = None) -> None:
        """Nothing is asked yet."""
        self._config = config
        self._client = open_client(NAME, config, transport)
        self._sender = Sender(
            self._client,
            NAME,
            timeout=config.timeout.total_seconds(),
            connect_timeout=config.connect_timeout.total_seconds(),
            max_bytes=config.max_response_bytes,
        )

    def alerts(self) -> tuple[KnownAlert, ...]:
        """Alerts that fire and are neither silenced nor inhibited. Raises `SourceError`."""
        wanted = (("active", "true"), ("silenced", "false"), ("inhibited", "false"))
        return self._get("/api/v2/alerts", wanted, _Alert, _alert)

    def silences(self) -> tuple[KnownSilence, ...]:
        """Silences that hold now. Raises `SourceError`."""
        return self._get("/api/v2/silences", (), _Silence, _silence)

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def _get(
        self, path: str, params: tuple[tuple[str, str], ...], kind: type[T], known: Callable[[T], Known | None]
    ) -> tuple[Known, ...]:
        """What is known of each thing at a path; those of which there is nothing to know are left out."""
        answer = self._sender.send(Ask("GET", path, params), Deadline(self._config.total_timeout))
        if answer.status != httpx.codes.OK:
            refused = SourceRejected if answer.status < httpx.codes.INTERNAL_SERVER_ERROR else SourceUnavailable
            raise refused(
                f"{path} was not answered",
                source=NAME,
                status=answer.status,
                advice="Check the address and the credentials under `alertmanager`",
            )
        try:
            found = map(known, msgspec.json.decode(answer.body, type=list[kind]))  # type: ignore[valid-type]
            return tuple(one for one in found if one is not None)
        except _NOT_OF_THE_API as error:
            raise SourceMalformed(
                f"{path} has an answer that is not of API v2: {error}",
                source=NAME,
                advice="Check that the address under `alertmanager` is an Alertmanager's",
            ) from error


def _alert(alert: _Alert) -> KnownAlert:
    return KnownAlert(alert.labels.get("alertname", ""), Labels.of(alert.labels), utc(alert.starts_at))


def _silence(silence: _Silence) -> KnownSilence | None:
    if silence.status.state != "active":
        return None
    matchers = tuple(Matcher(one.name, _OPERATORS[one.is_regex, one.is_equal], one.value) for one in silence.matchers)
    return KnownSilence(silence.id, matchers, utc(silence.ends_at), silence.comment, silence.created_by)
