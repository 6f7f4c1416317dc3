"""Any sequence of changes of members is a sequence on a set: adding is union, removing difference, replacing assignment.

Whatever way the request says it, what nevisIDM then holds, what the group shows and what its users show is the model's set.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.operation.test_groups import EVERYBODY, found, holders, operation, patch, values

PEOPLE = [f"u-{number}" for number in range(1001, 1009)]
some = st.lists(st.sampled_from(PEOPLE), unique=True, max_size=4)


def filtered(names: list[str]) -> str:
    return f"members[{' or '.join(f'value eq {chr(34)}{name}{chr(34)}' for name in names)}]"


@st.composite
def change(draw: st.DrawFn) -> tuple[dict[str, Any], Callable[[set[str]], set[str]]]:
    """A PATCH operation, and what it means for a set."""
    names = draw(some)
    kind = draw(st.sampled_from(["add", "by filter", "by value", "replace", "all", "no path"]))
    if kind == "add":
        return operation("add", value=values(names)), lambda before: before | set(names)
    if kind == "no path":
        return operation("add", None, {"members": values(names)}), lambda before: before | set(names)
    if kind == "replace":
        return operation("replace", value=values(names)), lambda _: set(names)
    if kind == "all":
        return operation("remove"), lambda _: set()
    if kind == "by value" or not names:
        return operation("Remove", value=values(names)), lambda before: before - set(names)
    return operation("remove", filtered(names)), lambda before: before - set(names)


@pytest.fixture
async def small(make_world: Callable[..., Awaitable[Any]]) -> Any:
    return await make_world(users=8)


async def test_changes_of_members_are_changes_of_a_set(small: Any) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(requests=st.lists(st.lists(change(), min_size=1, max_size=3), min_size=1, max_size=4))
    def law(requests: list[list[Any]]) -> None:
        asyncio.run_coroutine_threadsafe(play(small, requests), loop).result(60)

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(law)


async def play(world: Any, requests: list[list[Any]]) -> None:
    model = holders(world)
    for operations in requests:
        answer = await patch(world, *(each for each, _ in operations))
        assert answer.status_code == 200, answer.text
        for _, meaning in operations:
            model = meaning(model)
        assert holders(world) == model
    shown = (await world.send("GET", f"{EVERYBODY}?attributes=members")).json().get("members", [])
    assert {each["value"] for each in shown} == model
    for name in PEOPLE[:2]:
        assert ("employee" in await found(world, f'members.value eq "{name}"')) == (name in model)
