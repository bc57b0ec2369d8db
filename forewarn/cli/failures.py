"""What a person sees when a command fails: what failed, where, and what to do. Never a stack of frames."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

STOPPED = 130  # what a shell calls a program that ended on Ctrl-C, and Typer too


@contextmanager
def told_plainly() -> Iterator[None]:
    """Print an expected failure as one message on standard error, and exit with 1; with 130 where it was stopped."""
    from controlplane.errors import ControlPlaneError
    from jobs.errors import JobError
    from sources.errors import SourceError
    from storage.errors import StorageError

    try:
        yield
    except (SourceError, StorageError, ControlPlaneError, JobError) as error:
        sys.exit(f"forewarn: {error}")
    except OSError as error:
        sys.exit(f"forewarn: {error.filename or 'the system'}: {error.strerror or error}")
    except SystemExit as end:
        if end.code == STOPPED:
            sys.stderr.write("forewarn: stopped\n")
        raise
    except KeyboardInterrupt:
        sys.stderr.write("forewarn: stopped\n")
        sys.exit(STOPPED)
