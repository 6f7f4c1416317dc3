"""A load that writes nothing: every call that would change nevisIDM ends the row instead of being sent.

The row has been prepared, planned and, with `online`, read for by then, by the same code as when it counts. So what a rehearsal calls
created would be sent; whether nevisIDM then takes it only nevisIDM knows (a policy for passwords, a value that must be unique).
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import Any

import orjson

from gateway.migration.checkpoint import Known
from gateway.migration.entering import Entered, Entering, Moved, NoteElements, NotSent
from gateway.migration.preparing import Ready
from gateway.nevisidm.call import Reply, Request
from gateway.nevisidm.client import Client
from gateway.scim.tree import Attr

MARK = "not made: "
"""How the ids begin of what a rehearsal would have made."""


class Held(Client):
    """A client that sends reads only, or, without one behind it, nothing at all."""

    def __init__(self, behind: Client | None) -> None:
        self._behind = behind

    async def send(self, request: Request, **how: Any) -> Reply:
        """As the client behind it, for reads. Raises NotSent, and Refusal as that one does."""
        if self._behind is None or request.method != "GET":
            raise NotSent(writes=request.method != "GET")
        return await self._behind.send(request, **how)

    async def aclose(self) -> None:
        """Close what is behind."""
        if self._behind is not None:
            await self._behind.aclose()


class Rehearsing:
    """Says what entering a row would do. `online`: nevisIDM may be read, so that it is known who is there already."""

    def __init__(self, entering: Entering, *, online: bool) -> None:
        self._entering = entering
        self._online = online

    async def enter(self, ready: Ready, known: Known | None) -> Entered:
        """What would become of the row. Raises ScimError for what would be refused."""
        there = known.id if known is not None else None
        if MARK.encode() in orjson.dumps(ready.body):
            return Entered("created", made_up(ready))  # what it refers to cannot be read, for it is not made
        if self._online and there is None:
            there = await self._entering.look(ready)
            known = Known("done", there, b"", (), 0) if there is not None else None
        try:
            entered = await self._entering.enter(ready, known)
        except NotSent:
            return Entered("created" if there is None else "changed", there or made_up(ready))
        return entered

    async def named(self, kind: str, attr: str, value: str) -> str | None:
        """As Entering, if nevisIDM may be read."""
        return await self._entering.named(kind, attr, value) if self._online else None

    async def elements(self, ready: Ready, id_: str, there: Map[Attr, set[str]], note: NoteElements) -> Moved:
        """Say which elements would come and go."""
        del id_
        moved = Moved()
        for attr, wanted in ready.apart.items():
            if wanted.keys() != there[attr]:
                note(str(attr), wanted.keys() - there[attr], there[attr] - wanted.keys())
                moved = Moved(True)
        return moved


def made_up(ready: Ready) -> str:
    """What stands for the id of something that is not made, so that other rows can refer to it."""
    return f"{MARK}{ready.row.key}"
