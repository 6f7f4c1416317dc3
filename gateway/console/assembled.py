"""From settings to a console, or to none: whether there is one is decided here, once, and never silently against a real nevisIDM."""

from __future__ import annotations

from collections.abc import Callable

from gateway.console.app import Console
from gateway.console.editing import Texts
from gateway.console.recent import Recent
from gateway.console.trying import Trying
from gateway.console.visitor import Visitors
from gateway.errors import ConfigError
from gateway.operation.context import Context
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


def console_for(settings: Settings, context: Callable[[], Context], recent: Recent, *, sandbox: bool) -> Console:
    """The console of a gateway. `sandbox`: an emulator stands behind it, so values are shown and writes allowed."""
    said = settings.console
    texts = Texts(settings)
    visitors = Visitors(
        frozenset(each.lower() for each in said.hosts), said.key.get_secret_value() if said.key is not None else None
    )
    trying = Trying(settings, texts, sandbox, "values" if sandbox else said.show)
    return Console(visitors, trying, texts, recent, context)
