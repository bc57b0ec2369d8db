"""The Postgres that Forewarn brings along: a real server on a unix socket, in a folder of its own, for when no other
database is configured. Whoever needs it first starts it, all processes share it, and a command stops it.
"""

from storage.embedded.folder import ServerFolder, default_folder
from storage.embedded.server import EmbeddedServer, ServerStatus, find_server

__all__ = ["EmbeddedServer", "ServerFolder", "ServerStatus", "default_folder", "find_server"]
