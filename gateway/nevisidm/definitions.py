"""Asking which custom properties an installation has defined: one read, since 8.2605 of nevisIDM."""

from __future__ import annotations

import dataclasses
from typing import Any

from gateway.events import SILENT
from gateway.nevisidm.call import Call, Refusal
from gateway.nevisidm.client import Client
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in, parse_template, walk

Json = Any

CALL = Call("properties", "GET", parse_template("/core/v1/properties"))
PAGES = 100
_NOT_THERE = frozenset({404, 405, 501})


class Unknown(Exception):
    """What is defined cannot be known; the text says why, and what an operator can do about it."""


async def defined(client: Client, tenant: str) -> frozenset[tuple[str, str]]:
    """Scope and name of each definition for that client (tenant) or for all. Raises Unknown."""
    run, found, page = Run(client, "check", SILENT), set[tuple[str, str]](), CALL
    for _ in range(PAGES):
        try:
            answer = (await run.call(page, lookup_in({"client": tenant}))).json
        except Refusal as refusal:
            raise Unknown(_why(refusal)) from None
        items = walk(answer, ("items",))
        for each in items if isinstance(items, list) else ():
            if walk(each, ("clientExtId",)) in (None, "", tenant):
                found.add((str(walk(each, ("scope",))), str(walk(each, ("name",)))))
        token = walk(answer, ("_pagination", "continuationToken"))
        if not token or not items:
            break
        page = dataclasses.replace(CALL, query=(("continuationToken", str(token)),))
    return frozenset(found)


def _why(refusal: Refusal) -> str:
    if refusal.status in _NOT_THERE or refusal.kind == "broken":
        return "this nevisIDM has no call that lists property definitions (it came with 8.2605); look in its admin GUI"
    if refusal.status == 403:
        return "the gateway's account may not see property definitions; grant it AccessControl.PropertyView"
    return f"nevisIDM answers {refusal.status or refusal.kind}"
