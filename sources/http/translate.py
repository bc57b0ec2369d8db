"""The one place where the HTTP library's errors become ours."""

from __future__ import annotations

import ssl

import httpx

from sources.errors import SourceError, SourceMalformed, SourceRejected, SourceUnavailable
from sources.http.ask import Ask
from sources.http.auth import SecretFileError

# What each error means; the first kind that fits counts, so the special ones stand before the general.
MEANINGS: tuple[tuple[type[Exception], type[SourceError], str, str], ...] = (
    (
        httpx.ConnectTimeout,
        SourceUnavailable,
        "did not take the connection in time",
        "Is it up, and is the way to it open?",
    ),
    (httpx.ConnectError, SourceUnavailable, "can't be reached", "Is it up, and is its url right?"),
    (
        httpx.ReadTimeout,
        SourceUnavailable,
        "did not answer in time",
        "Is it overloaded? Raise timeout, or ask for less",
    ),
    (
        httpx.PoolTimeout,
        SourceUnavailable,
        "kept all connections busy for too long",
        "Raise timeout or lower concurrency",
    ),
    (httpx.TimeoutException, SourceUnavailable, "took too long", "Is it overloaded? Raise timeout"),
    (
        httpx.NetworkError,
        SourceUnavailable,
        "broke the connection",
        "Is it restarting, or is a proxy between cutting it off?",
    ),
    (
        httpx.ProxyError,
        SourceUnavailable,
        "can't be reached through the proxy",
        "Check HTTP_PROXY, HTTPS_PROXY, NO_PROXY",
    ),
    (httpx.LocalProtocolError, SourceRejected, "can't be asked like this", "Check url and headers for odd characters"),
    (
        httpx.RemoteProtocolError,
        SourceUnavailable,
        "broke off its answer",
        "Is it restarting, or is the url no HTTP server?",
    ),
    (httpx.ProtocolError, SourceUnavailable, "does not speak HTTP as it should", "Is the url right?"),
    (
        httpx.UnsupportedProtocol,
        SourceRejected,
        "has an address that can't be used",
        "Its url begins with http:// or https://",
    ),
    (httpx.TransportError, SourceUnavailable, "can't be asked", "Is it up, and is its url right?"),
    (httpx.DecodingError, SourceMalformed, "sent an answer whose compression is broken", "Turn gzip off for it"),
    (httpx.TooManyRedirects, SourceRejected, "sends from one address to the next", "Set url to its final address"),
    (httpx.RequestError, SourceUnavailable, "can't be asked", "Is it up, and is its url right?"),
    (httpx.HTTPError, SourceUnavailable, "can't be asked", "Is it up, and is its url right?"),
    (httpx.InvalidURL, SourceRejected, "has an address that can't be used", "Check its url"),
    (
        httpx.CookieConflict,
        SourceMalformed,
        "sent cookies that contradict each other",
        "Is a login page in front of it?",
    ),
    (httpx.StreamError, SourceUnavailable, "lost its answer while it was read", "Try again"),
    (SecretFileError, SourceRejected, "can't be signed in to", "Check the file and who may read it"),
    (
        UnicodeEncodeError,
        SourceRejected,
        "can't be asked: the query is no valid text",
        "Check the query for odd characters",
    ),
)
CAUGHT = tuple(kind for kind, *_ in MEANINGS)


def translate(error: Exception, ask: Ask, source: str) -> SourceError:
    """Our error for one of the HTTP library's, with the question it was raised for."""
    for kind, ours, problem, advice in MEANINGS:
        if isinstance(error, kind):
            said = _certificate_advice(error) or advice
            detail = str(error).strip()
            told = f"{problem}: {detail}" if detail and not isinstance(error, UnicodeEncodeError) else problem
            return ours(told, source=source, query=ask.query, window=ask.window, advice=said)
    raise error


def _certificate_advice(error: Exception) -> str:
    """What to do about a certificate that is not trusted; empty where that is not the matter."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return "Its certificate is not trusted, or ours is not: check ca_file, cert_file and the name in the url"
        cause = cause.__cause__ or cause.__context__
    return ""
