"""`opc-retry-token`: a change is done once, and told again to those who repeat it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.edge.retry import BRIEFLY, LIFETIME, First, Remembered, Retries
from gateway.errors import BadRequest, Denied, Refused, ScimError, Unavailable
from gateway.events import CallEnded
from gateway.scim.body import Limits
from gateway.scim.dialect import IDCS
from gateway.scim.question import Question
from gateway.scim.reply import Reply
from gateway.scim.request import Caller
from gateway.scim.schema import ResourceType

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CHECK = ResourceType("Check", "/Checks", "urn:x:Check", "", {}, {}, frozenset(("act",)))


def question(
    token: str = "t1", method: str = "POST", tail: str = "/Users", body: bytes = b"{}", caller: Caller | None = None
) -> Question:
    headers = {"opc-retry-token": token, "content-type": "application/json"}
    asked = caller or Caller("hr")
    kinds = {"checks": CHECK}
    return Question(
        method,
        tail,
        "",
        headers,
        body,
        types=kinds,
        dialect=IDCS,
        base="https://x/admin/v1",
        caller=asked,
        request_id="r",
        limits=Limits(),
    )


class Counted:
    """Work that says how often it ran; ends as `outcome` says."""

    def __init__(self, outcome: ScimError | None = None) -> None:
        self.runs = 0
        self.outcome = outcome

    async def __call__(self) -> Reply:
        self.runs += 1
        if self.outcome is not None:
            raise self.outcome
        return Reply(201, (), f"run {self.runs}".encode())


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


async def test_the_first_answer_is_told_again() -> None:
    retries, work = Retries(), Counted()
    first = await retries.once(question(), work)
    assert await retries.once(question(), work) == first
    assert work.runs == 1


@pytest.mark.parametrize("token", ["", "  "])
async def test_without_a_token_everything_is_done(token: str) -> None:
    retries, work = Retries(), Counted()
    await retries.once(question(token), work)
    await retries.once(question(token), work)
    assert work.runs == 2


@pytest.mark.parametrize(
    "other", [{"body": b'{"a":1}'}, {"method": "PUT"}, {"tail": "/Groups"}], ids=["body", "method", "address"]
)
async def test_a_token_of_another_request_is_refused(other: Any) -> None:
    retries, work = Retries(), Counted()
    await retries.once(question(), work)
    with pytest.raises(BadRequest, match="GW125"):
        await retries.once(question(**other), work)
    assert work.runs == 1


@pytest.mark.parametrize("caller", [Caller("payroll"), Caller("hr", "", "Bearer own"), Caller("hr", "", None, "x")])
async def test_tokens_of_other_callers_are_other_tokens(caller: Caller) -> None:
    retries, work = Retries(), Counted()
    await retries.once(question(), work)
    assert (await retries.once(question(caller=caller, body=b"{}"), work)).body == b"run 2"


async def test_a_search_by_post_is_never_kept() -> None:
    retries, work = Retries(), Counted()
    for _ in range(2):
        await retries.once(question(tail="/Users/.search"), work)
    assert work.runs == 2


async def test_while_the_first_is_under_way_the_second_is_told_to_wait() -> None:
    retries, work, ready = Retries(), Counted(), asyncio.Event()

    async def slow() -> Reply:
        await ready.wait()
        return await work()

    running = asyncio.ensure_future(retries.once(question(), slow))
    await asyncio.sleep(0)
    with pytest.raises(BadRequest) as caught:
        await retries.once(question(), slow)
    assert (caught.value.code.code, caught.value.status, caught.value.retry_after) == ("GW126", 409, 1)
    ready.set()
    first = await running
    assert await retries.once(question(), work) == first
    assert work.runs == 1


@pytest.mark.parametrize(
    "error",
    [Unavailable("GW503", "down"), Unavailable("GW504", "late"), Denied("GW304", "often"), Refused("GW406", "race")],
    ids=lambda error: error.code.code,
)
async def test_what_may_end_otherwise_is_tried_again(error: ScimError) -> None:
    retries, work = Retries(), Counted(error)
    with pytest.raises(ScimError):
        await retries.once(question(), work)
    work.outcome = None
    assert (await retries.once(question(), work)).body == b"run 2"


@pytest.mark.parametrize(
    "error",
    [BadRequest("GW111", "no"), Refused("GW402", "twice"), Unavailable("GW506", "lost")],
    ids=lambda error: error.code.code,
)
async def test_what_is_decided_is_told_again(error: ScimError) -> None:
    retries, work = Retries(), Counted(error)
    with pytest.raises(ScimError):
        await retries.once(question(), work)
    reply = await retries.once(question(), work)
    assert (reply.status, work.runs) == (error.status, 1)
    assert error.detail.encode() in (reply.body or b"")


async def test_after_a_crash_or_a_caller_that_left_the_token_is_free() -> None:
    retries, work = Retries(), Counted()

    async def crash() -> Reply:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await retries.once(question(), crash)
    assert (await retries.once(question(), work)).body == b"run 1"


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (question(), LIFETIME),
        (question(tail="/Checks"), BRIEFLY),
        (question(tail="/Bulk", body=b'{"Operations": [{"path": "/Users"}]}'), LIFETIME),
        (question(tail="/Bulk", body=b'{"Operations": [{"path": "/Checks"}]}'), BRIEFLY),
        (question(caller=Caller("self", "", "Bearer own")), BRIEFLY),
    ],
    ids=["stored", "checked", "bulk", "bulk with a check", "own login"],
)
async def test_an_answer_is_told_for_its_time_only(asked: Question, seconds: float) -> None:
    clock, work = Hands(), Counted()
    retries = Retries(Remembered(clock=clock))
    await retries.once(asked, work)
    clock.time = seconds - 1
    await retries.once(asked, work)
    assert work.runs == 1
    clock.time = seconds + 1
    await retries.once(asked, work)
    assert work.runs == 2


@pytest.mark.parametrize("bounds", [{"most": 3}, {"most_bytes": 30}], ids=["number", "bytes"])
async def test_the_oldest_answers_make_room(bounds: Any) -> None:
    answers = Remembered(**bounds)
    for name in (b"a", b"b", b"c", b"d"):
        await answers.begin(name, First(b""), 60)
        await answers.keep(name, First(b"", Reply(200, (), b"0123456789")), 60)
    assert await answers.begin(b"d", First(b""), 60) is not None
    assert await answers.begin(b"a", First(b""), 60) is None


async def test_what_is_under_way_never_makes_room() -> None:
    answers = Remembered(most=2)
    for name in (b"a", b"b", b"c"):
        await answers.begin(name, First(b""), 60)
    assert await answers.begin(b"a", First(b""), 60) is not None


def person(name: str) -> dict[str, Any]:
    return {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Ada", "familyName": "Example"},
        "emails": [{"value": f"{name}@example.org", "type": "work", "primary": True}],
    }


Make = Callable[..., Awaitable[Any]]


@pytest.mark.parametrize("root", ["/admin/v1", "/scim/v2"])
async def test_a_person_is_created_once_and_nevisidm_is_not_asked_again(world: Any, root: str) -> None:
    first = await world.send("POST", f"{root}/Users", person("ada"), opc_retry_token="one")
    calls = sum(isinstance(event, CallEnded) for event in world.events)
    again = await world.send("POST", f"{root}/Users", person("ada"), opc_retry_token="one", opc_request_id="second")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again.headers["location"]) == (first.content, first.headers["location"])
    assert sum(isinstance(event, CallEnded) for event in world.events) == calls
    stamp = "opc-request-id" if root == "/admin/v1" else "x-request-id"
    assert again.headers[stamp] == "second"


async def test_the_token_with_another_person_is_a_conflict(world: Any) -> None:
    await world.send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="one")
    other = await world.send("POST", "/admin/v1/Users", person("bob"), opc_retry_token="one")
    assert other.status_code == 409
    assert "use a new token" in other.json()["detail"]
    assert 'details="GW125"' in other.headers["proxy-status"]


async def test_a_deletion_repeated_is_no_404(world: Any) -> None:
    made = await world.send("POST", "/admin/v1/Users", person("ada"))
    address = f"/admin/v1/Users/{made.json()['id']}?forceDelete=true"
    codes = [(await world.send("DELETE", address, opc_retry_token="gone")).status_code for _ in range(2)]
    assert codes == [204, 204]
    assert (await world.send("DELETE", address, opc_retry_token="new")).status_code == 404
