"""From settings to a console: its parts, put together."""

from __future__ import annotations

from collections.abc import Callable

from gateway.console.app import Console
from gateway.console.editing import Texts
from gateway.console.recent import Recent
from gateway.console.trying import Trying
from gateway.console.visitor import Visitors
from gateway.operation.context import Context
from gateway.settings import Settings


def console_for(settings: Settings, context: Callable[[], Context], recent: Recent, *, sandbox: bool) -> Console:
    """The console of a gateway. `sandbox`: an emulator stands behind it, so values are shown and writes allowed."""
    said = settings.console
    texts = Texts(settings)
    visitors = Visitors(
        frozenset(each.lower() for each in said.hosts), said.key.get_secret_value() if said.key is not None else None
    )
    trying = Trying(settings, texts, sandbox, "values" if sandbox else said.show)
    return Console(visitors, trying, texts, recent, context)
