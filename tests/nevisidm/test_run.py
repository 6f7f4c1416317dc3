"""A conversation: counted, timed, bounded, kept when asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from gateway.errors import Unsupported
from gateway.events import SILENT
from gateway.nevisidm.call import Call, Refusal, Reply
from gateway.nevisidm.client import Client
from gateway.nevisidm.login import caller
from gateway.nevisidm.run import Run
from gateway.nevisidm.template import lookup_in, parse_template

READ = Call("user.read", "GET", parse_template("/core/v1/{client}/users/{user.extId}"))
KNOWN = lookup_in({"client": "100", "user": {"extId": "u1"}})


async def test_a_call_is_filled_sent_counted_and_timed(upstream: Any, client: Client) -> None:
    upstream.says(200, {"extId": "u1"})
    run = Run(client, "r1", SILENT)
    assert (await run.call(READ, KNOWN)).json == {"extId": "u1"}
    assert upstream.calls == ["GET /core/v1/100/users/u1"]
    assert run.calls == 1
    assert 0 < run.seconds < 5
    assert run.exchanges == []


async def test_time_side_by_side_counts_once(upstream: Any, client: Client) -> None:
    upstream.on("GET /core/v1/100/users/u1", 200, {})
    upstream.gate = asyncio.Event()
    run = Run(client, "r1", SILENT)
    began = time.perf_counter()
    tasks = [asyncio.create_task(run.call(READ, KNOWN)) for _ in range(5)]
    await asyncio.sleep(0.02)
    upstream.gate.set()
    await asyncio.gather(*tasks)
    assert run.calls == 5
    assert 0.015 < run.seconds <= time.perf_counter() - began


async def test_a_refusal_names_the_holes_that_filled_its_path(upstream: Any, client: Client) -> None:
    upstream.says(422)
    with pytest.raises(Refusal) as caught:
        await Run(client, "r1", SILENT).call(READ, KNOWN)
    assert caught.value.holes == ("client", "user.extId")


async def test_a_hole_that_nobody_fills_is_a_planning_fault_and_costs_no_call(upstream: Any, client: Client) -> None:
    run = Run(client, "r1", SILENT)
    with pytest.raises(KeyError, match=r"user\.extId"):
        await run.call(READ, lookup_in({"client": "100"}))
    assert run.calls == 0
    assert upstream.seen == []


async def test_requests_and_what_came_back_are_kept_when_asked(upstream: Any, client: Client) -> None:
    upstream.says(200, {"extId": "u1"})
    upstream.says(404, {"errors": [{"code": "errors.noRecord"}]})
    run = Run(client, "r1", SILENT, keep=True)
    await run.call(READ, KNOWN)
    with pytest.raises(Refusal):
        await run.call(READ, KNOWN)
    first, second = run.exchanges
    assert first.request.path == "/core/v1/100/users/u1"
    assert isinstance(first.outcome, Reply)
    assert isinstance(second.outcome, Refusal)
    assert second.began > first.began
    assert first.seconds > 0


async def test_a_budget_ends_a_conversation_with_too_many(upstream: Any, client: Client) -> None:
    upstream.on("GET /core/v1/100/users/u1", 200, {})
    run = Run(client, "r1", SILENT, budget=2)
    await run.call(READ, KNOWN)
    await run.call(READ, KNOWN)
    with pytest.raises(Unsupported) as caught:
        await run.call(READ, KNOWN)
    assert caught.value.scim_type == "tooMany"
    assert len(upstream.seen) == 2


async def test_one_conversation_does_not_crowd_out_the_others(upstream: Any, client_to: Callable[..., Client]) -> None:
    upstream.on("GET /core/v1/100/users/u1", 200, {})
    client = client_to(upstream, max_connections=64, max_waiting=0)
    run = Run(client, "r1", SILENT, at_once=4)
    await asyncio.gather(*(run.call(READ, KNOWN) for _ in range(100)))
    assert upstream.most_under_way == 4


async def test_a_conversation_as_the_caller_uses_its_login_in_every_call(upstream: Any, client: Client) -> None:
    upstream.on("GET /core/v1/100/users/u1", 200, {})
    run = Run(client, "r1", SILENT, login=caller("Basic own"), x_token="jwt")
    await run.call(READ, KNOWN)
    assert upstream.seen[0].headers["authorization"] == "Basic own"
    assert upstream.seen[0].headers["x-token"] == "jwt"
