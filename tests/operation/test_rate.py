"""Password checks of the same subject are bounded, others are not touched by it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from gateway.operation.rate import parse_rate

BODY = {"schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"], "password": "wrong"}
CHECK = "/admin/v1/PasswordAuthenticator"


async def test_the_eleventh_check_in_a_minute_waits(make_world: Callable[..., Awaitable[Any]]) -> None:
    world = await make_world(users=3)
    for _ in range(10):
        answer = await world.send("POST", CHECK, {**BODY, "mappingAttributeValue": "bjensen"})
        assert answer.status_code == 400
    world.box.journal.on = True
    answer = await world.send("POST", CHECK, {**BODY, "mappingAttributeValue": "BJENSEN"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert world.box.journal() == []
    other = await world.send("POST", CHECK, {**BODY, "mappingAttributeValue": "mmuster"})
    assert other.status_code == 400
    later = world.context.now() + timedelta(seconds=61)
    world.change(now=lambda: later)
    again = await world.send("POST", CHECK, {**BODY, "mappingAttributeValue": "bjensen"})
    assert again.status_code == 400


@pytest.mark.parametrize("text", ["", "10", "0/minute", "x/minute", "10/year", "-1/hour"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        parse_rate(text)
