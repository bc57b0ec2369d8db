"""Can the Control Plane be reached, is it ready, and does it take our token?"""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.client import ControlPlaneClient
from controlplane.errors import ControlPlaneError
from forewarn.settings import Settings
from sources.base import Check


def check_control_plane(settings: Settings) -> Iterator[Check]:
    """Reachable and ready, then the credential. Without a Control Plane nobody is told, which is said but no fault."""
    config = settings.control_plane
    if config is None or not config.enabled:
        advice = (
            "Set control_plane.url and control_plane.token; until then everything waits in the outbox. "
            "To look on first, and tell nobody of it later, give jobs policy.incidents_per_run: 0"
        )
        yield Check("configured", True, "nobody is told of findings", advice, required=False)
        return
    try:
        client = ControlPlaneClient(config)
    except (OSError, ValueError) as error:
        yield Check("certificates", False, f"control_plane.ca_file can't be used: {error}", "Give a PEM file")
        return
    with client:
        try:
            ready = client.readyz()
        except ControlPlaneError as error:
            yield Check("reachable", False, str(error), f"Check control_plane.url ({config.url}) and the network")
            return
        unwell = sorted(name for name, well in ready.checks.items() if not well)
        advice = "" if ready.ready else "Messages wait in the outbox until it is ready"
        what = (
            f"{config.url} is ready"
            if ready.ready
            else f"{config.url} is not ready: {', '.join(unwell) or 'no reason'}"
        )
        yield Check("ready", ready.ready, what, advice, required=False)
        yield _credential(client, needed=config.token is not None)


def _credential(client: ControlPlaneClient, needed: bool) -> Check:
    try:
        client.check_token()
    except ControlPlaneError as error:
        return Check("credential", False, str(error), "Check control_plane.token: url, client_id, client_secret_file")
    return Check("credential", True, "our token is taken" if needed else "it asks for no token")
