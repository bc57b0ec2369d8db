"""As whom a source is asked. Secrets in files are read anew for each request, so they may be rotated at any time."""

from __future__ import annotations

import base64
from collections.abc import Generator
from pathlib import Path

import httpx

from sources.config import HttpConfig


class SecretFileError(Exception):
    """A file with a secret can't be read, or holds nothing; the message names the file."""


class BearerFile(httpx.Auth):
    """A bearer token that lies in a file."""

    def __init__(self, path: Path) -> None:
        """Nothing is read yet."""
        self._path = path

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign the request."""
        request.headers["Authorization"] = f"Bearer {read_secret(self._path)}"
        yield request


class BasicFile(httpx.Auth):
    """A user name, and a password that lies in a file."""

    def __init__(self, username: str, path: Path) -> None:
        """Nothing is read yet."""
        self._username = username
        self._path = path

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign the request."""
        pair = f"{self._username}:{read_secret(self._path)}".encode()
        request.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        yield request


def read_secret(path: Path) -> str:
    """The secret in a file, without the line end. Raises `SecretFileError`."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SecretFileError(f"the secret in {path} can't be read: {reason}") from error
    if not secret or not secret.isprintable():
        raise SecretFileError(f"{path} holds no secret, or one with characters that can't be sent")
    return secret


def credentials(config: HttpConfig) -> httpx.Auth | None:
    """What signs the requests of this source; None where it is asked as nobody."""
    if config.bearer_token_file is not None:
        return BearerFile(config.bearer_token_file)
    if config.username is not None and config.password_file is not None:
        return BasicFile(config.username, config.password_file)
    if config.username is not None and config.password is not None:
        return httpx.BasicAuth(config.username, config.password.get_secret_value())
    return None
