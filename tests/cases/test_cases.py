"""Golden transcripts: each file is a story of SCIM requests, the nevisIDM calls they became, and the SCIM answers.

    # comment               kept as it is
    set switch=value        a switch of the sandbox
    deny AccessControl.X    take a right from the gateway's technical account
    outside 100             take a client's data room from it
    > GET /admin/v1/…       a request; further `>` lines are headers, then (after `>`) a JSON body
    ~ GET /core/v1/… → 200  a nevisIDM call that it caused, with its body and status
    < 200                   the answer: status, the headers that matter, the body

`pytest tests/cases --accept` writes what came out; review the diff.
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

import pytest

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("**/*.case"))
SHOWN = ("content-type", "location", "etag", "www-authenticate", "retry-after", "allow", "proxy-status")
API = "/nevisidm/api"
ONE_WAY = re.compile(r'"(dbPassword|dbSalt|dbMixedPassword|dbMixedSalt|salt|mixedDbPassword|mixedSalt)": "([^"]{12,})"')


@dataclass
class Story:
    """A case file: what stands before the first request, then the requests as lines with the comments that precede them."""

    setup: list[str] = field(default_factory=list)
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
        if not story.requests and line.startswith(("set ", "deny ", "outside ")):
            story.setup.append(line)
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
        text = json.dumps(response.json(), indent=2, ensure_ascii=False)
        lines += ["<", *(f"< {line}" for line in ONE_WAY.sub(_mask, text).splitlines())]
    return lines


def _mask(found: re.Match[str]) -> str:
    return f'"{found[1]}": "<one-way>"'


def prepare(world: Any, setup: list[str]) -> None:
    for line in setup:
        kind, _, rest = line.partition(" ")
        if kind == "set":
            name, _, value = rest.partition("=")
            parsed_switch = type(world.box.switches).parse([f"{name}={value}"])
            chosen = {name.strip(): getattr(parsed_switch, name.strip())}
            world.box.switches = dataclasses.replace(world.box.switches, **chosen)
        else:
            account = world.box.accounts["technical"]
            world.box.accounts["technical"] = restricted(account, kind, rest)


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


@pytest.mark.parametrize("file", CASES, ids=lambda file: str(file.relative_to(HERE).with_suffix("")))
async def test_case(file: Path, make_world: Callable[..., Awaitable[Any]], request: pytest.FixtureRequest) -> None:
    text = file.read_text(encoding="utf-8")
    story = read(text)
    world = await make_world()
    prepare(world, story.setup)
    world.box.journal.on = True
    told: list[str] = []
    for before, lines in story.requests:
        method, path, headers, body = parsed(lines)
        world.box.journal.clear()
        response = await world.client.request(method, path, headers=headers, content=body)
        told += [*before, *(f"> {line}".rstrip() for line in lines)]
        told += [shown_call(entry) for entry in world.box.journal()]
        told += shown_answer(response)
    came_out = "\n".join(told) + "\n"
    if request.config.getoption("--accept"):
        file.write_text(came_out, encoding="utf-8")
    assert came_out == text


def test_there_are_cases() -> None:
    assert CASES
