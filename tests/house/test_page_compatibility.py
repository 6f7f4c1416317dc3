"""docs/compatibility.md: what becomes of each operation of IDCS, as the gateway answers it, and which calls of nevisIDM each type makes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from gateway.mapping.model import Mapping
from gateway.mapping.rules.walk import calls
from gateway.nevisidm.catalogue import find, shape
from tests.conftest import shipped
from tests.house.idcs import KINDS, Operation, facts, operations
from tests.house.page import Page, table

PAGE = "compatibility.md"
NO_ADDRESS, NO_VERB, REFUSED = "GW115", "GW118", "GW207"
BODIES: dict[str, Any] = {
    "search": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": 1},
    "patch": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": []},
}


async def fate(world: Any, asked: Operation) -> tuple[str, str]:
    """How the gateway answers that operation, in a word, and the reason if it refuses it."""
    body = BODIES.get(asked.kind, {} if asked.method in ("POST", "PUT") else None)
    answer = await world.send(asked.method, f"/admin/v1{asked.path}", body)
    code = re.search(r"GW\d+", answer.headers.get("proxy-status", ""))
    if answer.status_code == 501:
        return "501", answer.json()["detail"]
    if answer.status_code == 405:
        return "405", ""
    if answer.status_code == 404 and (code is None or code[0] == NO_ADDRESS):
        return "404", ""
    return "yes", ""


@pytest.mark.anyio
async def test_the_page_says_how_every_operation_is_answered(make_world: Any, page: Callable[[str], Page]) -> None:
    world = await make_world(users=1)
    by_address = {each.type.endpoint.strip("/"): each for each in shipped().by_name.values()}
    own = {own.endpoint.strip("/"): each for each in shipped().by_name.values() if (own := each.type.own) is not None}
    rows, counted = [], Counter[str]()
    found = [(asked, *await fate(world, asked)) for asked in operations()]
    for address in facts()["operations"]:
        fates = {asked.kind: (word, why) for asked, word, why in found if asked.address == address}
        counted.update(word for word, _ in fates.values())
        served = by_address.get(address) or own.get(address)
        note = next((why for _, why in fates.values() if why), "")
        if not note and served is not None and any(word == "yes" for word, _ in fates.values()):
            note = f"[{served.name}](resources.md#{served.name.lower()})"
        cells = [fates.get(kind, ("", ""))[0] for kind in KINDS]
        rows.append([f"`/{address}`", *cells, note])
    page(PAGE).holds("operations", f"{_summary(counted)}\n\n{table(['address', *KINDS, 'here'], rows)}")
    assert counted["yes"] > 90
    assert sum(counted.values()) == len(list(operations()))


def _summary(counted: Counter[str]) -> str:
    return (
        f"{sum(counted.values())} operations: {counted['yes']} are served, {counted['501']} are refused with the reason that stands here, "
        f"{counted['405']} are not offered by the type (405), {counted['404']} are not known (404)."
    )


def test_what_is_refused_is_a_fact_about_idcs_and_what_is_served_beyond_it_is_named(
    page: Callable[[str], Page],
) -> None:
    known = set(facts()["operations"])
    beyond = [each for each in shipped().by_name.values() if each.type.endpoint.strip("/") not in known]
    rows = [[f"`{each.type.endpoint}`", each.description] for each in beyond]
    page(PAGE).holds("beyond", table(["address", "what it is"], rows))


def test_the_page_says_which_calls_each_type_makes(page: Callable[[str], Page]) -> None:
    rows = [[f"[{each.name}](resources.md#{each.name.lower()})", _calls(each)] for each in shipped().by_name.values()]
    page(PAGE).holds("calls", table(["type", "calls of nevisIDM"], rows))


def _calls(mapping: Mapping) -> str:
    """Each call once, in the order of the file; what the documentation does not have but implies is marked."""
    found = dict.fromkeys((call.method, shape(call.path.text)) for call, _ in calls(mapping))
    told = []
    for method, path in found:
        entry = find(method, path)
        told.append(f"`{method} {path}`" + ("*" if entry is not None and entry.inferred else ""))
    return "<br>".join(told) or "those of the types that it looks through"
