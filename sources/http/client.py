"""The HTTP client of one source: one pool, explicit time limits, identity encoding unless told otherwise."""

from __future__ import annotations

import ssl

import httpx

from sources.config import HttpConfig
from sources.errors import SourceRejected
from sources.http.auth import credentials

USER_AGENT = "forewarn"


def open_client(name: str, config: HttpConfig, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client for this source. Raises `SourceRejected` when its certificates can't be loaded.

    Redirects are not followed: they would turn POST into GET and could take credentials elsewhere.
    """
    return httpx.Client(
        base_url=config.url,
        auth=credentials(config),
        headers=_headers(config),
        timeout=httpx.Timeout(config.timeout.total_seconds(), connect=config.connect_timeout.total_seconds()),
        limits=httpx.Limits(max_connections=config.concurrency, max_keepalive_connections=config.concurrency),
        verify=_trust(name, config),
        transport=transport,
        trust_env=transport is None,  # HTTPS_PROXY and NO_PROXY count, but never against a transport that is given
        follow_redirects=False,
    )


def _headers(config: HttpConfig) -> dict[str, str]:
    # httpx asks for gzip by itself, which costs a Prometheus 2.x six times the seconds.
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
    headers["Accept-Encoding"] = "gzip" if config.gzip else "identity"
    if config.tenant is not None:
        headers[config.tenant_header] = config.tenant
    if config.bearer_token is not None:
        headers["Authorization"] = f"Bearer {config.bearer_token.get_secret_value()}"
    return headers | {name: value.get_secret_value() for name, value in config.headers.items()}


def _trust(name: str, config: HttpConfig) -> ssl.SSLContext:
    if not config.url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used: reading the system's certificates takes a while
    try:
        context = ssl.create_default_context(cafile=config.ca_file)
        if config.cert_file is not None:
            context.load_cert_chain(config.cert_file, config.key_file)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(str(path) for path in (config.ca_file, config.cert_file, config.key_file) if path is not None)
        raise SourceRejected(
            f"its certificates can't be loaded from {files}: {error}",
            source=name,
            advice="Check that ca_file, cert_file and key_file are PEM files that this user may read",
        ) from error
    return context
