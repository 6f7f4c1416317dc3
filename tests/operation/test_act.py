"""Actions: what a value means, what uniform disclosure hides, and what happens where an installation lacks a call."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.events import DoneWithout
from gateway.plan.act import FOREIGN, verdict

NOW = datetime(2026, 1, 15, 10, tzinfo=UTC)
Make = Callable[..., Awaitable[Any]]
BODY = {"schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"]}
ORACLE = "urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error"


async def check(world: Any, who: str, password: str, **more: Any) -> Any:
    return await world.send(
        "POST", "/admin/v1/PasswordAuthenticator", {**BODY, "mappingAttributeValue": who, "password": password, **more}
    )


@pytest.mark.parametrize(
    ("means", "value", "outcome"),
    [
        ({"state": {"locked": "no"}}, "locked", "no"),
        ({"state": {"locked": "no"}}, "active", None),
        ({"state": {"locked": "no"}}, None, None),
        ({"code": {"5": "ok", "2": "wrong"}}, 5, None),
        ({"code": {"5": "ok", "2": "wrong"}}, 2, "wrong"),
        ({"code": {"5": "ok", "2": "wrong"}}, 7, FOREIGN),
        ({"code": {"5": "ok", "2": "wrong"}}, None, FOREIGN),
        ({"active": {"false": "disabled"}}, False, "disabled"),
        ({"to": {"past": "expired"}}, "2026-01-15T09:59:59Z", "expired"),
        ({"to": {"past": "expired"}}, "2026-01-15T10:00:01Z", None),
        ({"to": {"future": "early"}}, "2026-01-15T12:00:01+01:00", "early"),
        ({"to": {"past": "expired"}}, None, None),
    ],
)
def test_a_value_means_what_the_table_says(means: Any, value: Any, outcome: str | None) -> None:
    assert verdict(means, lambda _: value, NOW) == outcome


def test_the_first_field_that_means_something_decides() -> None:
    means = {"a": {"x": "first"}, "b": {"x": "second"}}
    assert verdict(means, {"a": "x", "b": "x"}.get, NOW) == "first"
    assert verdict(means, {"b": "x"}.get, NOW) == "second"


@pytest.mark.parametrize(
    ("who", "password"), [("bjensen", "no"), ("nobody", "x"), ("disabled", "Welcome-1031"), ("locked.for.good", "x")]
)
async def test_uniform_disclosure_has_one_face(who: str, password: str, make_world: Make) -> None:
    world = await make_world(disclosure="uniform", uniform={"floor": 0.001})
    answer = (await check(world, who, password)).json()
    assert (answer["detail"], answer[ORACLE]) == (
        "INVALID_CREDENTIALS",
        {"additionalData": {"csr": False, "tenantName": "Default"}},
    )


class Clock:
    """A clock that only moves when somebody waits, or nevisIDM is asked: a call takes 70 milliseconds."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.waited: list[float] = []

    def ticks(self) -> float:
        return 0.07 * sum(1 for _ in self.world.box.journal())

    async def pause(self, seconds: float) -> None:
        self.waited.append(seconds)


WRONG_OR_NOBODY = ["bjensen", "nobody", "disabled", "locked.for.good", "csmith"]


async def uniform_check(who: str, make_world: Make, **uniform: Any) -> tuple[Any, list[str], float]:
    """A failed check under uniform disclosure: the answer, the calls that it cost, and when it left."""
    world = await make_world(disclosure="uniform", uniform=uniform)
    world.box.journal.on = True
    clock = Clock(world)
    world.change(uniform=dataclasses.replace(world.context.uniform, ticks=clock.ticks, pause=clock.pause))
    began = clock.ticks()
    answer = await check(world, who, "no")
    calls = [f"{entry.method} {entry.path.rpartition('/users')[2]}" for entry in world.box.journal()]
    return answer, calls, clock.ticks() - began + sum(clock.waited)


async def test_failed_checks_are_alike_in_body_status_work_and_time(make_world: Make) -> None:
    seen = [await uniform_check(who, make_world, decoy="u-1002", floor=0.2) for who in WRONG_OR_NOBODY]
    assert len({(answer.status_code, answer.text) for answer, _, _ in seen}) == 1
    assert [sum(call.endswith("/password/login") for call in calls) for _, calls, _ in seen] == [1] * len(seen)
    assert {len(calls) for _, calls, _ in seen} == {4}
    assert [round(left, 6) for _, _, left in seen] == [0.4] * len(seen)


@pytest.mark.parametrize("floor", [1.0, 5.0])
async def test_without_a_decoy_the_floor_alone_hides_it(floor: float, make_world: Make) -> None:
    seen = [await uniform_check(who, make_world, floor=floor) for who in ("bjensen", "nobody")]
    assert len({len(calls) for _, calls, _ in seen}) == 2
    assert [round(left, 6) for _, _, left in seen] == [floor, floor]


async def test_a_decoy_that_cannot_be_tried_is_told_to_the_operator(make_world: Make) -> None:
    world = await make_world(disclosure="uniform", uniform={"decoy": "u-not-there", "floor": 0.001})
    assert (await check(world, "nobody", "no")).json()["detail"] == "INVALID_CREDENTIALS"
    assert [each.setting for each in world.events if isinstance(each, DoneWithout)][-1] == "uniform.decoy"


async def test_a_right_password_is_right_under_uniform_disclosure_too(make_world: Make) -> None:
    world = await make_world(users=1, disclosure="uniform")
    assert (await check(world, "bjensen", "Welcome-1001")).status_code == 201


async def test_an_installation_without_the_state_call_still_checks_passwords(make_world: Make) -> None:
    world = await make_world(switches={"password_get": False})
    assert (await check(world, "bjensen", "Welcome-1001")).status_code == 201
    assert (await check(world, "bjensen", "no")).json()["detail"] == "INVALID_CREDENTIALS"


async def test_two_people_of_that_name_are_nobody(world: Any) -> None:
    answer = (await check(world, "csmith", "Welcome-1020")).json()
    assert answer["detail"] == "USER_NOT_FOUND"


async def test_one_request_counts_once(world: Any) -> None:
    await check(world, "bjensen", "no")
    world.box.journal.on = True
    await check(world, "bjensen", "Welcome-1001")
    assert sum(entry.path.endswith("/login") for entry in world.box.journal()) == 1
