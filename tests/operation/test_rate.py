"""Password checks of the same subject are bounded, others are not touched by it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.operation.rate import Rates
from gateway.shared.in_process import InProcess
from gateway.shared.rate import parse_rate

BODY = {"schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"], "password": "wrong"}
CHECK = "/admin/v1/PasswordAuthenticator"


async def test_the_eleventh_check_in_a_minute_waits(make_world: Callable[..., Awaitable[Any]]) -> None:
    world = await make_world(users=3)
    hands = [0.0]
    world.change(rates=Rates(InProcess(clock=lambda: hands[0])))
    for _ in range(10):
        answer = await world.send("POST", CHECK, {**BODY, "mappingAttributeValue": "bjensen"})
        assert answer.status_code == 400
    world.box.journal.on = True
    answer = await world.send("POST", CHECK, {**BODY, "mappingAttributeValue": "BJENSEN"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert world.box.journal() == []
    other = await world.send("POST", CHECK, {**BODY, "mappingAttributeValue": "mmuster"})
    assert other.status_code == 400
    hands[0] = 60.0
    again = await world.send("POST", CHECK, {**BODY, "mappingAttributeValue": "bjensen"})
    assert again.status_code == 400


@pytest.mark.parametrize("text", ["", "10", "0/minute", "x/minute", "10/year", "-1/hour"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        parse_rate(text)
