"""What may go wrong with the Control Plane, as one tree.

ControlPlaneError
├── Unavailable            the request did not get through, or was surely not carried out
│   └── RateLimited        429: too many requests; `retry_after` tells how long to wait
├── AnswerUnknown          it may have been carried out: look the object up before sending it again
│   ├── TimedOut           no answer within the total time
│   ├── ServerFailed       an answer of 5xx
│   └── Malformed          an answer that is too long, not JSON, or not what the contract says
├── Rejected               400, 422 and other 4xx: our request is wrong, and will be wrong again
│   └── NotFound           404: there is no such object
├── Conflict               409: look the object up before judging
├── Misdirected            a redirect, or no such operation: the configured URL is not the Control Plane's,
│                          or a gateway has no route to it just now (a 404 that tells of no object)
└── CredentialFault        401: the requests are fine, the credential is not
    ├── CredentialRejected the token endpoint refuses our client id or secret
    └── Forbidden          403: the credential is known, but this is not allowed with it
TokenUnavailable           (an Unavailable) the token endpoint can't be reached, or answers nonsense
"""

from __future__ import annotations

from enum import StrEnum


class ErrorKind(StrEnum):
    """What a failure means for a message; `controlplane.retry` decides by it."""

    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"
    RATE_LIMITED = "rate_limited"
    REJECTED = "rejected"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    MISDIRECTED = "misdirected"
    CREDENTIAL = "credential"
    FORBIDDEN = "forbidden"


class ControlPlaneError(Exception):
    """The Control Plane did not do what it was asked.

    `operation` is the contract's operationId, `status` the HTTP status if there was an answer, `code` the `error`
    of the contract's error shape, `request_id` what the Control Plane calls the request, `excerpt` the start of
    its answer. Never holds a token.
    """

    kind: ErrorKind = ErrorKind.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        operation: str = "",
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        excerpt: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id
        self.excerpt = excerpt
        self.retry_after = retry_after


class Unavailable(ControlPlaneError):
    """The request did not get through."""

    kind = ErrorKind.UNAVAILABLE


class RateLimited(Unavailable):
    """Too many requests: `retry_after` seconds must pass."""

    kind = ErrorKind.RATE_LIMITED


class TokenUnavailable(Unavailable):
    """No token could be got: the token endpoint does not answer, or answers nonsense."""


class AnswerUnknown(ControlPlaneError):
    """The request may have been carried out, or not: nobody told."""

    kind = ErrorKind.UNKNOWN


class TimedOut(AnswerUnknown):
    """No answer came within the total time, or the connection broke before it did."""


class ServerFailed(AnswerUnknown):
    """The Control Plane answered 5xx."""


class Malformed(AnswerUnknown):
    """The answer is too long, not JSON, not what the contract says, or about something else than was asked."""


class Rejected(ControlPlaneError):
    """The request is wrong: sending it again would not help."""

    kind = ErrorKind.REJECTED


class NotFound(Rejected):
    """There is no such object."""

    kind = ErrorKind.NOT_FOUND


class Conflict(ControlPlaneError):
    """The object is there already, or is in a state that does not allow this."""

    kind = ErrorKind.CONFLICT


class Misdirected(ControlPlaneError):
    """The configured URL does not lead to the Control Plane's operation."""

    kind = ErrorKind.MISDIRECTED


class CredentialFault(ControlPlaneError):
    """The Control Plane refuses our token."""

    kind = ErrorKind.CREDENTIAL


class CredentialRejected(CredentialFault):
    """The token endpoint refuses our client id or secret."""


class Forbidden(CredentialFault):
    """The Control Plane knows our token, but does not allow this with it."""

    kind = ErrorKind.FORBIDDEN
