"""What can go wrong with a job, and what to do about it.

JobError
├── UnknownJob     there is no job of that name
├── RunHeld        somebody else is working on this very run
├── RunAhead       the time that it is for is still to come
└── RunFailed      nothing of it could be done; the message has the reasons
"""

from __future__ import annotations


class JobError(Exception):
    """A job can't do what was asked."""


class UnknownJob(JobError):
    """There is no job of that name."""


class RunHeld(JobError):
    """Somebody else is working on this very run: its result will be there when they are done."""


class RunAhead(JobError):
    """The time that the run is for is still to come."""


class RunFailed(JobError):
    """Nothing of the run could be done."""
