"""What is taken up while the gateway serves: mappings, and who may come in (callers with their secrets, roles, issuers of tokens).

On SIGHUP, and when a file changed: the mappings', the settings' own, the secrets' they name; a ConfigMap's links included. Swapped in one
step and only when clean: a request sees the one or the other set, never parts of both. What has errors leaves what was there before, and
says so in an event and at the admin port; bad mappings do not keep a secret from being rotated, nor bad settings a mapping. Settings that
cannot change while serving are named, and wait for the next start.
"""

from __future__ import annotations

import asyncio
import dataclasses
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from gateway.assembly import mappings_folder, mappings_for, tenancy_for
from gateway.edge.admission import roles_for
from gateway.edge.entrance import Entrance
from gateway.errors import ConfigError
from gateway.events import MappingsKept, MappingsSwapped, RestartNeeded, SettingsKept, SettingsSwapped
from gateway.mapping.model import Mappings
from gateway.operation.context import Context, Trust
from gateway.scim.rights import Roles
from gateway.settings import Settings
from gateway.settings.source import Told
from gateway.watched import Stamps, stamps

TAKEN = frozenset(("callers", "roles", "issuers", "introspection", "mappings", "variants", "names"))
"""Settings that are taken up while serving."""
Read = Callable[[], tuple[Settings, Told]]


class Held:
    """The context in use. `context` is asked for at each request; `again` reads the settings anew, None: they never change.

    `entrance` is set once the application is there; `also` is called at each reload.
    """

    def __init__(
        self, settings: Settings, context: Context, again: Read | None = None, files: tuple[Path, ...] = ()
    ) -> None:
        self.context = context
        self.entrance: Entrance | None = None
        self.also: list[Callable[[], object]] = []
        self._settings = settings
        self._again = again
        self._files = files
        self._waiting: tuple[str, ...] = ()
        self._stamps = self._look()
        self._asked = asyncio.Event()

    async def reload(self) -> bool:
        """Read everything again; whether all of it was taken up. Reading happens beside the requests, in a thread."""
        self._stamps = self._look()
        for each in self.also:
            each()
        settings, take = await self._said()
        mappings = await self._mapped(settings or self._settings)
        try:
            roles = roles_for(
                settings or self._settings, mappings or self.context.mappings
            )  # they may speak of what is gone
        except ConfigError as error:
            self.context.events.emit(MappingsKept(error.findings[0], len(error.findings)))
            return False
        if settings is not None:
            take()
            self._note(settings)
        self.context = with_mappings(self.context, mappings or self.context.mappings, roles)
        if mappings is not None:
            self.context.events.emit(MappingsSwapped(len(mappings.by_name)))
        return settings is not None and mappings is not None

    async def _said(self) -> tuple[Settings | None, Callable[[], None]]:
        """The settings as they are now and what lets in whom they name; None where they have errors, which an event tells."""
        if self._again is None or self.entrance is None:
            return self._settings, lambda: None
        try:
            found, told = await asyncio.to_thread(self._again)
            self._files = told.files
            settings = self._settings.model_copy(update={name: getattr(found, name) for name in TAKEN})
            waiting = tuple(each for each in Settings.model_fields if getattr(found, each) != getattr(settings, each))
            tenancy_for(settings)
            take = self.entrance.prepared(settings)
        except ConfigError as error:
            self.context.events.emit(SettingsKept(error.findings[0], len(error.findings)))
            return None, lambda: None
        if waiting != self._waiting:
            self._waiting = waiting
            self.context.events.emit(RestartNeeded(waiting))
        return settings, take

    async def _mapped(self, settings: Settings) -> Mappings | None:
        try:
            return await asyncio.to_thread(mappings_for, settings)
        except ConfigError as error:
            self.context.events.emit(MappingsKept(error.findings[0], len(error.findings)))
            return None

    def _note(self, settings: Settings) -> None:
        """Say which settings have changed, by name."""
        changed = tuple(sorted(each for each in TAKEN if getattr(settings, each) != getattr(self._settings, each)))
        self._settings = settings
        self.context.events.emit(SettingsSwapped(changed))

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
        return stamps((folder, *sorted(folder.glob("*.yaml")), *self._files, *_key_files(self._settings)))


def _key_files(settings: Settings) -> Iterator[Path | None]:
    """The files of callers' public keys."""
    for caller in settings.callers:
        yield from (caller.public_key_file, caller.client_key_file)


def with_mappings(context: Context, mappings: Mappings, roles: Roles) -> Context:
    """The same gateway with other mappings, all tenants at once; what was learnt of the former search routes is forgotten."""
    others = {name: with_mappings(each, mappings, roles) for name, each in context.others.items()}
    return dataclasses.replace(context, mappings=mappings, roles=roles, trust=Trust(), others=others)
