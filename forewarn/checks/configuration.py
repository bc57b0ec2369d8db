"""Is the configuration valid, and is there something in it that a person did not mean?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from forewarn.settings import Settings, load_settings, unknown_variables
from jobs.config import waiting_watches
from jobs.problems import ConfigError
from sources.base import Check


def check_settings(config: Path | None) -> tuple[Settings | None, tuple[Check, ...]]:
    """The settings, where they can be used, and what there is to say of them."""
    try:
        settings = load_settings(config)
        jobs = settings.build_jobs()
    except ConfigError as error:
        faults = (f"{problem}".removesuffix(f"; {problem.advice}") for problem in error.problems)
        advice = [problem.advice or "correct it" for problem in error.problems]
        return None, tuple(Check("valid", False, fault, tip) for fault, tip in zip(faults, advice, strict=True))
    file = settings.file if settings.file is not None else "no file: the defaults and the environment"
    names = ", ".join(f"{job.name} ({len(job.watches)} watches)" for job in jobs) or "none is enabled"
    return settings, (Check("valid", True, f"{file}; jobs: {names}"), *_remarks(settings))


def _remarks(settings: Settings) -> Iterator[Check]:
    for problem in unknown_variables():
        yield Check("environment", False, f"{problem.file} {problem.what}", problem.advice, required=False)
    for name, model in settings.jobs.items():
        if model.enabled and model.policy.incidents_per_run == 0:
            what = f"{name}: findings are reported, and nobody is told of anything new"
            advice = f"Take jobs.{name}.policy.incidents_per_run: 0 out when people shall be told"
            yield Check("only reports", True, what, advice, required=False)
        keys = [waiting.key for waiting in waiting_watches(model, settings.defaults.folder)]
        if keys:
            advice = f"Give one under jobs.{name}.watches, such as {keys[0]}: {{limit: 500GiB}}, or leave them off"
            what = f"{name}: off until they get a limit: {', '.join(keys)}"
            yield Check("limits to give", True, what, advice, required=False)
