"""`python -m sandbox --database-url ...`: the sandbox Control Plane as a process of its own."""

from __future__ import annotations

import argparse
import os
import sys

from sandbox.api import API
from sandbox.app import create_app
from sandbox.server import listen, make_server
from sandbox.settings import SandboxSettings, TokenSettings


def main() -> int:
    """Serve until a signal ends it; says where it listens in its first line."""
    options = _parser().parse_args()
    if not options.database_url:
        sys.stderr.write("give --database-url, or set SANDBOX_DATABASE_URL\n")
        return 2
    tokens = None
    if options.jwks_url:
        tokens = TokenSettings(options.issuer, options.audience, options.jwks_url, options.leeway)
    settings = SandboxSettings(options.database_url, tokens, honour_keys=not options.ignore_keys)
    server = make_server(create_app(settings))
    listener = listen(options.host, options.port)
    sys.stdout.write(f"listening on http://{options.host}:{listener.getsockname()[1]}{API}\n")
    sys.stdout.flush()
    server.run(sockets=[listener])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A sandbox Control Plane.")
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="where to listen (default: this machine alone)")
    add("--port", type=int, default=8081, help="0 takes a free one")
    add("--database-url", default=os.environ.get("SANDBOX_DATABASE_URL", ""), help="Postgres; uses its schema sandbox")
    add("--ignore-keys", action="store_true", help="ignore Idempotency-Key, as the contract allows")
    add("--jwks-url", default="", help="check bearer tokens against these keys")
    add("--issuer", default="", help="the tokens' issuer")
    add("--audience", default="control-plane", help="the tokens' audience")
    add("--leeway", type=float, default=0.0, help="seconds that clocks may differ")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
