"""Runs the sandbox: as a process of its own, or in a thread of a program that only wants to show something."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from sandbox.api import API
from sandbox.app import create_app
from sandbox.settings import SandboxSettings
from sandbox.wire import CuttableProtocol

START_SECONDS = 20.0


def make_server(app: FastAPI) -> uvicorn.Server:
    """A server that has not begun to listen."""
    config = uvicorn.Config(
        app,
        http=CuttableProtocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    return listener


@contextmanager
def running_sandbox(settings: SandboxSettings, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """The sandbox in a thread while the block runs; gives the URL for `ControlPlaneConfig.url`."""
    app = create_app(settings)
    server = make_server(app)
    listener = listen(host, port)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield f"http://{host}:{listener.getsockname()[1]}{API}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        app.state.engine.dispose()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the sandbox Control Plane did not start")
        time.sleep(0.01)
