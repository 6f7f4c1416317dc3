"""Golden transcripts: each file is a story of SCIM requests, the nevisIDM calls they became, and the SCIM answers.

    # comment               kept as it is
    set switch=value        a switch of the sandbox
    deny AccessControl.X    take a right from the gateway's technical account
    outside 100             take a client's data room from it
    release 8.2605          from here on the gateway takes nevisIDM for this release
    tenant client-123       from here on the gateway is bound to this nevisIDM client
    grant AccessControl.X   give that person a right
    variant archived-hidden a variant of the mappings, from here on
    self u-1001             from here on `Bearer own-login` is this person, `$token` a valid X-Token of it
    > GET /admin/v1/…       a request; further `>` lines are headers, then (after `>`) a JSON body; `$cursor` is the last one answered,
                            `$etag(/scim/v2/…)` the last one of that address: it changes with the mapping
    ~ GET /core/v1/… → 200  a nevisIDM call that it caused, with its body and status
    < 200                   the answer: status, the headers that matter, the body

`pytest tests/cases --accept` writes what came out; review the diff.
Status and headers of every answer are those that /openapi.json declares.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import httpx
import pytest

from gateway.mapping.load import find_mappings, load
from tests.conform.test_openapi import described, document, resolved

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("**/*.case"))
SHOWN = (
    "content-type",
    "location",
    "etag",
    "www-authenticate",
    "retry-after",
    "allow",
    "proxy-status",
    "opc-next-page",
)
API = "/nevisidm/api"
UNTOLD = {"content-type", "content-length"}  # what OpenAPI leaves to the content
ONE_WAY = re.compile(r'"(dbPassword|dbSalt|dbMixedPassword|dbMixedSalt|salt|mixedDbPassword|mixedSalt)": "([^"]{12,})"')
TOLD_ONCE = ("uri", "codes", "link", "ticket", "generatedPassword")
NEXT = re.compile(r'("nextCursor": ?"|opc-next-page: )([^"\n]+)')


DIRECTIVES = ("set ", "grant ", "deny ", "outside ", "release ", "tenant ", "variant ", "self ")


@dataclass
class Story:
    """A case file: its requests as lines, each with the comments and directives that precede it."""

    requests: list[tuple[list[str], list[str]]] = field(default_factory=list)


def read(text: str) -> Story:
    """The story of a file; calls and answers in it are left out, they are what is compared."""
    story = Story()
    before: list[str] = []
    open_request = False
    for line in text.splitlines():
        if line.startswith(">"):
            if not open_request:
                story.requests.append((before, []))
                before, open_request = [], True
            story.requests[-1][1].append(line[2:])
            continue
        open_request = False
        if line.startswith(("~", "<")):
            continue
        before.append(line)
    return story


def parsed(lines: list[str]) -> tuple[str, str, dict[str, str], bytes | None]:
    """Method, path, headers and body of a request's lines."""
    method, _, path = lines[0].partition(" ")
    blank = lines.index("") if "" in lines else len(lines)
    headers = dict(line.split(": ", 1) for line in lines[1:blank])
    body = "\n".join(lines[blank + 1 :])
    if body:
        headers.setdefault("Content-Type", "application/scim+json")
    return method, path, headers, body.encode() or None


def shown_call(entry: Any) -> str:
    query = f"?{unquote_plus(entry.query)}" if entry.query else ""
    body = f" {json.dumps(entry.body, ensure_ascii=False)}" if entry.body not in (None, "", {}) else ""
    return f"~ {entry.method} {entry.path.removeprefix(API)}{query}{ONE_WAY.sub(_mask, body)} → {entry.status}"


def shown_answer(response: Any) -> list[str]:
    lines = [f"< {response.status_code}"]
    lines += [f"< {name}: {response.headers[name]}" for name in SHOWN if name in response.headers]
    if response.content:
        text = json.dumps(_without_secrets(response.json()), indent=2, ensure_ascii=False)
        lines += ["<", *(f"< {line}" for line in ONE_WAY.sub(_mask, text).splitlines())]
    return [NEXT.sub(r"\1<cursor>", line) for line in lines]


def _without_secrets(value: Any) -> Any:
    """The answer without what nevisIDM makes up anew each time and tells once; that it is there stays to be seen."""
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _told(each) if name in TOLD_ONCE else _without_secrets(each) for name, each in value.items()}


def _told(value: Any) -> Any:
    return [_told(each) for each in value] if isinstance(value, list) else "<told once>"


def _mask(found: re.Match[str]) -> str:
    return f'"{found[1]}": "<one-way>"'


def obey(world: Any, line: str) -> None:
    """Do what a directive says."""
    kind, _, rest = line.partition(" ")
    if kind == "set":
        name = rest.partition("=")[0].strip()
        parsed_switch = type(world.box.switches).parse([rest])
        world.box.switches = dataclasses.replace(world.box.switches, **{name: getattr(parsed_switch, name)})
    elif kind == "variant":
        world.change(mappings=load(find_mappings(), tuple(rest.split())))
    elif kind == "release":
        world.change(capabilities=dataclasses.replace(world.context.capabilities, release=rest))
    elif kind == "tenant":
        world.change(tenant=dataclasses.replace(world.context.tenant, ext_id=rest))
    elif kind == "grant":
        person = world.box.accounts["own-login"]
        world.box.accounts["own-login"] = dataclasses.replace(person, rights=person.rights | {rest})
    elif kind == "self":
        person = dataclasses.replace(
            world.box.accounts["technical"], client="100", user=rest, rights=frozenset(), self_admin=True
        )
        world.box.accounts["own-login"] = person
    else:
        world.box.accounts["technical"] = restricted(world.box.accounts["technical"], kind, rest)


async def x_token(world: Any) -> str:
    """A valid X-Token of `own-login`, as nevisIDM gives it for the person's own password."""
    user = world.box.accounts["own-login"].user
    number = user.removeprefix("u-")
    login = {"u-1001": "bjensen", "u-1002": "mmuster"}[user]
    form = {"grant_type": "password", "username": login, "password": f"Welcome-{number}"}
    transport = httpx.ASGITransport(app=world.inner)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        answer = await client.post(
            f"{API}/principal/v1/token", json=form, headers={"Authorization": "Bearer own-login"}
        )
        return str(answer.json()["access_token"])


def tagged(line: str, tags: dict[str, str]) -> str:
    """The line with entity tags put in; in a JSON body, where a quote stands before one, as a JSON string."""
    line = re.sub(r'"\$etag\(([^)]+)\)"', lambda found: json.dumps(tags[found[1]]), line)
    return re.sub(r"\$etag\(([^)]+)\)", lambda found: tags[found[1]], line)


class AllBut:
    """Every right or room but some."""

    def __init__(self, *denied: str) -> None:
        self.denied = frozenset(denied)

    def __contains__(self, thing: object) -> bool:
        return thing not in self.denied


def restricted(account: Any, kind: str, rest: str) -> Any:
    """The account without a right (`deny AccessControl.X`) or outside of a client's data room (`outside 100`)."""
    if kind == "deny":
        return dataclasses.replace(account, rights=AllBut(rest))
    return dataclasses.replace(account, rooms=dataclasses.replace(account.rooms, clients=AllBut(rest)))


async def undeclared(world: Any, method: str, path: str, response: httpx.Response) -> str:
    """What /openapi.json does not say of an answer, its status or a header; "" if it says all, or has no such operation."""
    told = await document(world)
    operation = described(told, method, path.split("?")[0])
    if operation is None:
        return ""
    answer = resolved(told, operation["responses"].get(str(response.status_code)))
    if answer is None:
        return f"{method} {path} answers {response.status_code}, which is not declared"
    strange = set(response.headers) - {name.lower() for name in answer["headers"]} - UNTOLD
    return f"{method} {path} {response.status_code} has undeclared headers: {sorted(strange)}" if strange else ""


@pytest.mark.parametrize("file", CASES, ids=lambda file: str(file.relative_to(HERE).with_suffix("")))
async def test_case(file: Path, make_world: Callable[..., Awaitable[Any]], request: pytest.FixtureRequest) -> None:
    text = file.read_text(encoding="utf-8")
    story = read(text)
    world = await make_world()
    told: list[str] = []
    seen: list[tuple[str, str, httpx.Response]] = []
    cursor = ""
    tags: dict[str, str] = {}
    for before, lines in story.requests:
        for line in before:
            if line.startswith(DIRECTIVES):
                obey(world, line)
        method, path, headers, body = parsed([tagged(line.replace("$cursor", cursor), tags) for line in lines])
        if headers.get("X-Token") == "$token":
            headers["X-Token"] = await x_token(world)
        world.box.journal.clear()
        world.box.journal.on = True
        headers.setdefault("X-Request-Id", "story")
        response = await world.client.request(method, path, headers=headers, content=body)
        world.box.journal.on = False
        found = NEXT.search(response.text) or NEXT.search(f"opc-next-page: {response.headers.get('opc-next-page', '')}")
        cursor = found[2] if found else cursor
        if "etag" in response.headers:
            tags[path.split("?")[0]] = response.headers["etag"]
        told += [*before, *(f"> {line}".rstrip() for line in lines)]
        told += [shown_call(entry) for entry in world.box.journal()]
        told += shown_answer(response)
        seen.append((method, path, response))
    for wrong in [each for one in seen if (each := await undeclared(world, *one))]:
        raise AssertionError(wrong)
    came_out = "\n".join(told) + "\n"
    if request.config.getoption("--accept"):
        file.write_text(came_out, encoding="utf-8")
    assert came_out == text


def test_there_are_cases() -> None:
    assert CASES
