"""Mappings that are taken up while the gateway serves: on SIGHUP, and when a file changed (a ConfigMap's links included).

Swapped in one step and only when they are clean: a request sees the one or the other set, never parts of both; files with errors leave
the former mappings in place, and say so in an event and at the admin port.
"""

from __future__ import annotations

import asyncio
import dataclasses
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from gateway.assembly import mappings_folder, mappings_for
from gateway.edge.admission import roles_for
from gateway.errors import ConfigError
from gateway.events import MappingsKept, MappingsSwapped
from gateway.mapping.model import Mappings
from gateway.operation.context import Context, Trust
from gateway.scim.rights import Roles
from gateway.settings import Settings
from gateway.watched import Stamps, stamps


class Held:
    """The context in use. `context` is asked for at each request."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self.context = context
        self._settings = settings
        self._stamps = self._look()
        self._asked = asyncio.Event()

    async def reload(self) -> bool:
        """Read the mappings again; whether they were taken up. Reading happens beside the requests, in a thread."""
        self._stamps = self._look()
        try:
            mappings = await asyncio.to_thread(mappings_for, self._settings)
            roles = roles_for(self._settings, mappings)  # they may speak of what is no longer there
        except ConfigError as error:
            self.context.events.emit(MappingsKept(error.findings[0], len(error.findings)))
            return False
        self.context = with_mappings(self.context, mappings, roles)
        self.context.events.emit(MappingsSwapped(len(mappings.by_name)))
        return True

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Meanwhile SIGHUP and changed files lead to a reload."""
        loop = asyncio.get_running_loop()
        if hasattr(signal, "SIGHUP") and threading.current_thread() is threading.main_thread():
            loop.add_signal_handler(signal.SIGHUP, self._asked.set)
        task = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            task.cancel()

    async def _keep(self) -> None:
        every = self._settings.reload.watch_seconds or None
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), every)
            if self._asked.is_set() or self._look() != self._stamps:
                self._asked.clear()
                await self.reload()

    def _look(self) -> Stamps:
        folder = mappings_folder(self._settings.mappings)
        return stamps((folder, *sorted(folder.glob("*.yaml"))))


def with_mappings(context: Context, mappings: Mappings, roles: Roles) -> Context:
    """The same gateway with other mappings, all tenants at once; what was learnt of the former search routes is forgotten."""
    others = {name: with_mappings(each, mappings, roles) for name, each in context.others.items()}
    return dataclasses.replace(context, mappings=mappings, roles=roles, trust=Trust(), others=others)
