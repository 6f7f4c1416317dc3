"""Whether an installation has the calls that the mappings make: asked by reads that change nothing, of one person who is there.

A call that writes, or whose address needs an id that nobody knows beforehand, is not asked. A 404 in nevisIDM's own words says that the
address is right; a page of somebody else's says that it is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gateway.events import SILENT
from gateway.nevisidm.call import Call, Refusal
from gateway.nevisidm.client import Client
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in, parse_template, walk

Json = Any
_HOLE = re.compile(r"\{[^{}]*\}")
_WRITES = "not asked: it writes"
_NEEDS_ID = "not asked: it needs an id"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found out of one call: `there` None where nothing was; `how` says by what."""

    method: str
    path: str
    there: bool | None
    how: str


async def look(client: Client, tenant: str, calls: Iterable[tuple[str, str]]) -> list[Seen]:
    """Ask each GET among the calls (method, path with holes), in the client (tenant) of that extId. Never raises."""
    looking = _Looking(client, tenant)
    person = await looking.person()
    return [await looking.at(method, path, person) for method, path in sorted(set(calls), key=lambda each: each[::-1])]


class _Looking:
    def __init__(self, client: Client, tenant: str) -> None:
        self._run = Run(client, "check", SILENT)
        self._tenant = tenant

    async def person(self) -> str | None:
        """The extId of somebody; None where nobody can be seen."""
        try:
            answer = await self._ask(f"/core/v1/clients/{self._tenant}/users", limit="1")
        except Refusal:
            return None
        items = walk(answer, ("items",))
        found = walk(items[0], ("extId",)) if isinstance(items, list) and items else None
        return found if isinstance(found, str) else None

    async def at(self, method: str, path: str, person: str | None) -> Seen:
        if method != "GET":
            return Seen(method, path, None, _WRITES)
        filled = self._filled(path, person)
        if filled is None:
            return Seen(method, path, None, _NEEDS_ID)
        query = {"q": 'extid:"no-such"', "size": "1"} if path.startswith("/query/") else {}
        try:
            await self._ask(filled, **query)
        except Refusal as refusal:
            return Seen(method, path, *_told(refusal))
        return Seen(method, path, True, "asked")

    def _filled(self, path: str, person: str | None) -> str | None:
        """The address with the tenant and the person in it; None where something else is needed."""
        parts = path.split("/")
        for index, part in enumerate(parts):
            if not _HOLE.fullmatch(part):
                continue
            before = parts[index - 1]
            if before in ("clients", "v1"):
                parts[index] = self._tenant
            elif before == "users" and person is not None:
                parts[index] = person
            else:
                return None
        return "/".join(parts)

    async def _ask(self, path: str, **query: str) -> Json:
        holes = {f"part{index}": part for index, part in enumerate(path.split("/"))}
        template = parse_template("/".join(f"{{{name}}}" if part else "" for name, part in holes.items()))
        return (await self._run.call(Call("check", "GET", template, tuple(query.items())), lookup_in(holes))).json


def _told(refusal: Refusal) -> tuple[bool | None, str]:
    status = refusal.status
    if status in (401, 403) or (status in (400, 404, 409, 422) and refusal.json):
        missing = ": a right of the gateway's account is missing" if status == 403 else ""
        return True, f"asked, answers {status}{missing}"
    if status in (404, 405, 501):
        return False, f"asked, answers {status}{'' if refusal.json else ', and not as nevisIDM does'}"
    return None, f"asked, answers {refusal.why or status or refusal.kind}"
