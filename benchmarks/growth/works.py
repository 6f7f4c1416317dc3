"""What is asked of a directory of any size, and the cursor of its last page, without walking there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.asking import HOST, TOKEN, Ask
from gateway.edge.admission import DEMO
from gateway.mapping.model import Mappings
from gateway.operation.cursor import Cursors, Onward, bound_to
from gateway.scim.body import Limits
from gateway.scim.dialect import RFC
from gateway.scim.parse import read_request
from gateway.scim.request import Caller

KEY = "a key that only this bench has, to make cursors"
"""What the gateway of this bench seals its cursors with."""
PAGE = 100
USERS = "/scim/v2/Users"
FIRST, MIDDLE, LAST = "first page of 100", "page of 100 in the middle", "last page of 100 by cursor"
EQ, NOBODY, COUNT = "userName eq", "a filter that nobody fits", "count only"
HELD = (FIRST, MIDDLE, LAST, EQ, NOBODY, COUNT)


def asks(count: int, cursor: str) -> dict[str, tuple[Ask, ...]]:
    """Name → requests in turn, for a directory of so many people (the two apps come first)."""
    step = max(1, count // 50)
    known = tuple(f"user{number}" for number in range(1051, 1001 + count, step))
    return {
        FIRST: (_asked(count=str(PAGE)),),
        MIDDLE: (_asked(startIndex=str(count // 2), count=str(PAGE)),),
        LAST: (_asked(cursor=cursor, count=str(PAGE)),),
        EQ: tuple(_asked(filter=f'userName eq "{name}"') for name in known),
        NOBODY: tuple(_asked(filter=f'userName eq "nobody{number}"') for number in range(50)),
        COUNT: (_asked(count="0"),),
    }


def last_cursor(gateway: str, nevis: str, count: int, mappings: Mappings) -> str:
    """The cursor of the last hundred: the first page's, led on to where nevisIDM's list has a hundred left.

    Raises RuntimeError where the gateway does not walk by nevisIDM's token.
    """
    first = _read(gateway, _asked(cursor="", count=str(PAGE)))["nextCursor"]
    bound, cursors, now = bound_of(mappings), Cursors(KEY), datetime.now(UTC)
    position = cursors.open(first, bound, now)
    if not isinstance(position, Onward):
        raise RuntimeError(f"a cursor of another kind: {position}")
    before = f"/nevisidm/api/core/v1/clients/100/users?limit=1&offset={count + 2 - PAGE - 1}"
    token = _read(nevis, Ask("GET", before))["_pagination"]["continuationToken"]
    return cursors.seal(replace(position, token=token), bound, now)


def bound_of(mappings: Mappings) -> bytes:
    """What the cursors of the list without a filter are good for."""
    request = read_request(
        "GET",
        "/Users",
        f"cursor=&count={PAGE}",
        {},
        b"",
        types=mappings.types(),
        dialect=RFC,
        base=f"http://{HOST}/scim/v2",
        caller=Caller(DEMO, "127.0.0.1"),
        request_id="bench",
        limits=Limits(1_000_000, 32),
    )
    return bound_to(request, "100")


def shown(url: str, work: Sequence[Ask]) -> int:
    """How many resources the first of these requests finds on its page."""
    return len(_read(url, work[0]).get("Resources", ()))


def _asked(**query: str) -> Ask:
    return Ask("GET", USERS, tuple(query.items()))


def _read(url: str, ask: Ask) -> dict[str, Any]:
    address = f"{url}{ask.path}?{ask.text}" if ask.text else f"{url}{ask.path}"
    with urlopen(Request(address, headers={"Authorization": f"Bearer {TOKEN}"})) as answer:
        found: dict[str, Any] = json.load(answer)
        return found
