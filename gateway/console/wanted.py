"""Whether there is a console at all: decided here, once, and never silently in front of a real nevisIDM. Loads nothing of it."""

from __future__ import annotations

from gateway.errors import ConfigError
from gateway.settings import Settings


def is_wanted(settings: Settings, *, sandbox: bool) -> bool:
    """Whether a console is served. Raises ConfigError where one would show a real nevisIDM to whoever comes."""
    said = settings.console
    if sandbox:
        return said.enabled is not False
    if not said.enabled:
        return False
    if settings.admin is None:
        raise ConfigError("console.enabled: it is served on the admin port; set admin, such as admin: { port: 9090 }")
    if said.key is None:
        raise ConfigError(
            "console.enabled: in front of a real nevisIDM it wants a key; set console.key or console.key_file"
        )
    return True
