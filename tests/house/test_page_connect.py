"""docs/connect.md: what is asked at start is found by asking, rights and properties are those that the shipped mappings touch."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import fields
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import httpx
import pytest

from gateway.console.examples import documents
from gateway.mapping import definitions
from gateway.mapping.definitions import Definition
from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mappings
from gateway.mapping.rules.walk import calls
from gateway.nevisidm import catalogue
from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import bearer
from gateway.nevisidm.probe import probe
from gateway.sandbox.account import Account
from gateway.sandbox.app import sandbox
from gateway.sandbox.installation import DEFINED
from gateway.sandbox.people import fill
from gateway.sandbox.switches import Switches
from tests.house.page import DOCS, ROOT, Page, table

PAGE = "connect.md"
API = "/nevisidm/api"
CLIENT = "100"

# What each capability changes, and the gap of the reference that it answers.
MEANING: Mapping[str, tuple[str, str]] = {
    each.name: (each.metadata["help"], str(each.metadata["gap"] or "")) for each in fields(Capabilities)
}


def mappings() -> Mappings:
    return load(find_mappings())


# what is asked at start


def capabilities(asked: Mapping[str, list[str]]) -> str:
    hints = get_type_hints(Capabilities)
    rows = []
    for field in fields(Capabilities):
        text, gap = MEANING[field.name]
        how = "; ".join(f"`{call}`" for call in asked.get(field.name, ())) or "not asked"
        rows.append([f"`{field.name}`", _values(hints[field.name]), _shown(field.default), text, gap, how])
    return table(["capability", "values", "default", "changes", "gap", "asked"], rows)


def _values(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " ".join(f"`{each}`" for each in get_args(kind))
    return {bool: "`true` `false`", int: "number", str: "text", NoneType: ""}[kind]


def _shown(value: Any) -> str:
    return "`" + (str(value).lower() if isinstance(value, bool) else str(value) or '""') + "`"


async def questions() -> Mapping[str, list[str]]:
    """The calls by which each capability is probed, found by probing it alone; under "" those that come first."""
    names = frozenset(field.name for field in fields(Capabilities))
    first = await _probing(names)
    asked = {name: (await _probing(names - {name}))[len(first) :] for name in sorted(names)}
    return {"": first} | {name: list(dict.fromkeys(found)) for name, found in asked.items() if found}


async def _probing(fixed: frozenset[str]) -> list[str]:
    app = sandbox(switches=Switches(), token="t")
    fill(app.state.sandbox, 8)
    journal = app.state.sandbox.journal
    journal.on = True
    client = Client(HttpxEngine(httpx.ASGITransport(app=app)), "http://nevis", bearer("t"))
    await probe(client, CLIENT, Capabilities(), fixed=fixed)
    await client.aclose()
    return [_question(entry.method, entry.path, entry.query) for entry in journal()]


def _question(method: str, path: str, query: str) -> str:
    """A call of the probe with the values of people and of nobody left out."""
    told = ("limit", "size", "offset", "returnTotalResultCount", "sortBy")
    parts = [f"{name}={value if name in told else _hidden(value)}" for name, value in parse_qsl(query)]
    shape = path.removeprefix(API).replace(f"/{CLIENT}", "/{client}")
    return f"{method} {shape}" + ("?" + "&".join(parts) if parts else "")


def _hidden(value: str) -> str:
    return re.sub(r"no-such-[0-9a-f]{32}", "nobody", value) if "no-such-" in value else "…"


# rights


def needed() -> dict[str, dict[str, bool]]:
    """Right → who needs it → whether always (else only for some of what it can do), by the sandbox's table of endpoints."""
    table_of = {
        f"{each.method} {catalogue.shape(each.path.removeprefix(API))}": each
        for each in sandbox(token="t").state.endpoints
    }
    found: dict[str, dict[str, bool]] = {"UserSearch": {"User": False}}  # without it the query service finds nobody
    for user, call in _used():
        endpoint = table_of[call]
        for rights, always in ((endpoint.rights, True), (endpoint.conditional, False)):
            for right in rights:
                users = found.setdefault(right, {})
                users[user] = users.get(user, False) or always
    return found


def _used() -> Iterator[tuple[str, str]]:
    for mapping in mappings().by_name.values():
        for call, _ in calls(mapping):
            yield mapping.name, f"{call.method} {catalogue.shape(call.path.text)}"
    for path in ("/core/v1/clients/{}", "/core/v1/clients/{}/users"):
        yield "probe", f"GET {path}"


def rights() -> str:
    rows = []
    for right, users in sorted(needed().items()):
        always = [user for user, said in users.items() if said]
        some = [user for user, said in users.items() if not said]
        rows.append([f"`AccessControl.{right}`", ", ".join(always), ", ".join(some)])
    return table(["right", "needed for", "needed for some of its attributes"], rows)


# property definitions


def properties() -> str:
    rows = [[f"`{each.name}`", f"`{each.scope}`", ", ".join(map(_user, each.attributes))] for each in needed_ones()]
    return table(["property", "scope", "used by"], rows)


def needed_ones() -> tuple[Definition, ...]:
    return definitions.needed(mappings())


def _user(text: str) -> str:
    kind, _, attribute = text.partition(" ")
    return f"{kind} `{attribute}`"


# the tests


async def test_capabilities_and_questions_are_those_of_the_probe(page: Callable[[str], Page]) -> None:
    asked = await questions()
    first = "\n".join(f"- `{call}`" for call in asked[""])
    page(PAGE).holds("capabilities", f"{first}\n\n{capabilities(asked)}")


@pytest.mark.parametrize("name", MEANING)
def test_a_capability_is_acted_upon(name: str) -> None:
    homes = [path for path in (ROOT / "gateway").rglob("*.py") if path.stem not in ("capabilities", "probe")]
    used = any(
        re.search(rf"\b(caps|capabilities|offered)\.{name}\b", path.read_text(encoding="utf-8")) for path in homes
    )
    assert used


def test_the_rights_are_those_of_the_calls(page: Callable[[str], Page]) -> None:
    page(PAGE).holds("rights", rights())


def test_the_property_definitions_are_those_of_the_mappings(page: Callable[[str], Page]) -> None:
    page(PAGE).holds("properties", properties())


def test_the_sandbox_defines_the_same_properties() -> None:
    assert not [each for each in needed_ones() if each.name not in DEFINED[each.scope]]


def test_every_gap_that_a_switch_or_capability_stands_for_is_in_the_list() -> None:
    text = (DOCS / PAGE).read_text(encoding="utf-8").partition("## What is assumed")[2].partition("\n## ")[0]
    listed = {int(number) for number in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    named = {made.metadata["gap"] for made in fields(Switches)} - {None} | {
        int(gap) for _, gap in MEANING.values() if gap
    }
    assert named == listed


Make = Callable[..., Awaitable[Any]]


async def _statuses(make_world: Make, granted: frozenset[str]) -> list[int]:
    world = await make_world()
    world.box.accounts["technical"] = Account(rights=granted)
    return [(await world.send(scene.method, scene.path, scene.body)).status_code for scene in documents()]


async def test_the_rights_suffice_for_the_five_documents(make_world: Make) -> None:
    granted = frozenset(f"AccessControl.{right}" for right in needed())
    assert 403 not in await _statuses(make_world, granted)


@pytest.mark.parametrize("right", ["CredentialView", "CredentialCreate", "ProfileView", "ClientView"])
async def test_without_one_of_them_something_is_refused(make_world: Make, right: str) -> None:
    granted = frozenset(f"AccessControl.{each}" for each in needed() if each != right)
    assert 403 in await _statuses(make_world, granted)
