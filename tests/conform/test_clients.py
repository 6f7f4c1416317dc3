"""Requests as clients in the wild send them, played over the whole gateway: `clients/<client>.yaml`, one list of requests each.

`send` with `body` and `headers` is the request, after those in `before`, in a world of its own; `echo`: the body is laid over what that
address answers. The answer has `status`, everything in `shows` (of an array: values like these, in order), nothing in `hides`, the headers
in `heads` ("": whatever value) and `detail`. `needs` names the leniency that allows it: with all others on and that one off it is refused
as `without` says, and nevisIDM is sent no change. `then` are reads afterwards, each with what it shows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.scim.dialect import ALL_LENIENCIES, USUAL_LENIENCIES

HERE = Path(__file__).parent / "clients"
Make = Callable[..., Awaitable[Any]]

USUAL = {None, *USUAL_LENIENCIES}


def requests(*, lenient: bool = False) -> Iterator[Any]:
    """Every request, with the address and headers of its client; `lenient`: only those that need a leniency."""
    for file in sorted(HERE.glob("*.yaml")):
        story = yaml.safe_load(file.read_text(encoding="utf-8"))
        for each in story["requests"]:
            if not lenient or "needs" in each:
                wish = {"address": story["address"], "shared": story.get("headers", {}), **each}
                yield pytest.param(wish, id=f"{file.stem}: {each['says']}")


async def sent(world: Any, wish: Any, each: Any) -> Any:
    """The answer to one request."""
    method, tail = each["send"].split(" ", 1)
    body = each.get("body")
    if "echo" in each:
        body = (await world.send("GET", wish["address"] + each["echo"])).json() | body
    headers = {name.lower(): value for name, value in {**wish["shared"], **each.get("headers", {})}.items()}
    return await world.send(method, wish["address"] + tail, body, **headers)


def like(wanted: Any, found: Any) -> bool:
    """Whether everything wanted is found: members of objects, and as many values of arrays."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(name in found and like(wanted[name], found[name]) for name in wanted)
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(like, wanted, found))
    return bool(wanted == found)


@pytest.mark.parametrize("wish", [*requests()])
async def test_is_answered_as_the_client_expects(wish: Any, make_world: Make) -> None:
    said = {"idcs": tuple(ALL_LENIENCIES), "rfc": tuple(ALL_LENIENCIES)} if wish.get("needs") not in USUAL else {}
    world = await make_world(leniencies=said)
    for each in wish.get("before", ()):
        assert (await sent(world, wish, each)).status_code < 300
    answer = await sent(world, wish, wish)
    assert answer.status_code == wish["status"], answer.text
    body = answer.json() if answer.content else {}
    assert like(wish.get("shows", {}), body), answer.text
    assert not body.keys() & set(wish.get("hides", ()))
    assert wish.get("detail", "") in body.get("detail", "")
    for name, value in wish.get("heads", {}).items():
        assert answer.headers[name] == value or (value == "" and answer.headers[name])
    for each in wish.get("then", ()):
        read = (await sent(world, wish, each)).json()
        assert like(each.get("shows", {}), read), read
        assert not read.keys() & set(each.get("hides", ()))


@pytest.mark.parametrize("wish", [*requests(lenient=True)])
async def test_is_refused_with_a_reason_where_the_site_is_strict(wish: Any, make_world: Make) -> None:
    others = tuple(ALL_LENIENCIES - {wish["needs"]})
    side = "idcs" if wish["address"] == "/admin/v1" else "rfc"
    world = await make_world(leniencies={side: others})
    for each in wish.get("before", ()):
        assert (await sent(world, wish, each)).status_code < 300
    world.box.journal.clear()
    world.box.journal.on = True
    answer = await sent(world, wish, wish)
    strict = wish["without"]
    assert answer.status_code == strict["status"], answer.text
    assert strict["detail"] in answer.json()["detail"]
    assert f'details="{strict["code"]}"' in answer.headers["proxy-status"]
    assert {entry.method for entry in world.box.journal()} <= {"GET"}


def test_every_leniency_has_a_client_that_needs_it() -> None:
    assert {each.values[0]["needs"] for each in requests(lenient=True)} == ALL_LENIENCIES


def test_the_page_names_every_leniency() -> None:
    page = (HERE.parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
    assert {each for each in ALL_LENIENCIES if f"| `{each}` |" in page} == ALL_LENIENCIES
