"""When nevisIDM fails: what a client is told, and that nothing is done twice, hidden or left behind unsaid."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from gateway.events import CallEnded, Crashed
from gateway.nevisidm.engine import Timeouts
from gateway.sandbox.misbehave import Message, Receive, Scope, Send
from gateway.sandbox.table import USERS

IDCS, RFC = "/admin/v1", "/scim/v2"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
PATCH = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}
CHECK = {
    "schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"],
    "mappingAttribute": "userName",
    "mappingAttributeValue": "bjensen",
}


def somebody(name: str = "newcomer", **more: Any) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
        "name": {"givenName": "New", "familyName": "Comer"},
        "emails": [{"value": f"{name}@example.org", "type": "work", "primary": True}],
        **more,
    }


def renamed(**values: Any) -> dict[str, Any]:
    return {**PATCH, "Operations": [{"op": "replace", "value": values}]}


READS = [
    ("GET", "/Users/u-1001", None),
    ("GET", '/Users?filter=userName eq "bjensen"', None),
    ("GET", '/UserDbCredentials?filter=user.value eq "u-1001"', None),
]
WRITES = [
    ("POST", "/Users", somebody()),
    ("PATCH", "/Users/u-1001", renamed(displayName="X")),
    ("DELETE", "/Users/u-1001", None),
    ("POST", "/PasswordAuthenticator", {**CHECK, "password": "Welcome-1001"}),
]
EVERYTHING = pytest.mark.parametrize(("method", "path", "body"), READS + WRITES, ids=lambda value: str(value)[:30])
ALL_READS = pytest.mark.parametrize(("method", "path", "body"), READS, ids=lambda value: str(value)[:30])
ROOTS = pytest.mark.parametrize("root", [IDCS, RFC])


def code_of(answer: httpx.Response) -> str:
    return answer.headers["proxy-status"].partition('"')[2].rstrip('"')


def logins(world: Any) -> list[str]:
    return [user.doc["loginId"] for user in world.box.store.rows(USERS, "client = '100'")]


@pytest.fixture(autouse=True)
def nothing_crashes(request: pytest.FixtureRequest) -> Any:
    yield
    up = request.node.funcargs.get("upstream")
    if up is not None:
        assert not [event for event in up.world.events if isinstance(event, Crashed)]


# The gateway's own login


@ROOTS
@EVERYTHING
async def test_nevisidm_s_401_is_never_the_caller_s(
    upstream: Any, root: str, method: str, path: str, body: Any
) -> None:
    upstream.fault("status", status=401)
    answer = await upstream.send(method, root + path, body)
    assert (answer.status_code, code_of(answer)) == (502, "GW502")
    assert "www-authenticate" not in answer.headers
    assert [refusal.alarm for refusal in upstream.refusals()] == [True]


async def test_an_account_that_nevisidm_no_longer_knows_is_a_502(upstream: Any) -> None:
    upstream.world.box.accounts.clear()
    answer = await upstream.send("GET", f"{IDCS}/Users/u-1001")
    assert (answer.status_code, code_of(answer)) == (502, "GW502")


# Statuses that are nobody's answer


@EVERYTHING
@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_5xx_is_never_a_client_s_fault_nor_an_answer(
    upstream: Any, status: int, method: str, path: str, body: Any
) -> None:
    before = logins(upstream.world)
    upstream.fault("status", status=status)
    answer = await upstream.send(method, IDCS + path, body)
    assert answer.status_code >= 500
    assert "fatalError" not in answer.text
    assert "told to fail" not in answer.text
    assert logins(upstream.world) == before
    assert upstream.refusals()


def proxy(status: int, headers: dict[str, str]) -> Any:
    """What stands in front of nevisIDM, with a page of its own."""

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        message: Message = await receive()
        while message.get("more_body"):
            message = await receive()
        told = [(name.encode(), value.encode()) for name, value in {"content-type": "text/html", **headers}.items()]
        await send({"type": "http.response.start", "status": status, "headers": told})
        await send({"type": "http.response.body", "body": b"<html>Busy</html>"})

    return app


@EVERYTHING
@pytest.mark.parametrize("status", [429, 503])
async def test_busy_is_503_with_nevisidm_s_own_retry_after(
    upstream: Any, status: int, method: str, path: str, body: Any
) -> None:
    upstream.wrapper.app = proxy(status, {"retry-after": "17"})
    answer = await upstream.send(method, IDCS + path, body)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "17")
    calls = [event for event in upstream.world.events if isinstance(event, CallEnded)]
    looked = status == 503 and (path == "/Users" or method == "DELETE")  # whether the write took effect after all
    assert len(calls) == 1 + looked, "who is told to wait does not try again at once"


async def test_busy_without_retry_after_still_says_when_to_come_back(upstream: Any) -> None:
    upstream.wrapper.app = proxy(503, {})
    answer = await upstream.send("GET", f"{IDCS}/Users/u-1001")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


@EVERYTHING
async def test_a_404_of_another_server_is_a_wrong_address_and_not_a_missing_person(
    upstream: Any, method: str, path: str, body: Any
) -> None:
    upstream.fault("html404")
    answer = await upstream.send(method, IDCS + path, body)
    assert answer.status_code == 502
    assert [refusal.alarm for refusal in upstream.refusals()] == [True]


@pytest.mark.parametrize("status", [200, 302, 400, 403])
@EVERYTHING
async def test_a_page_of_another_server_is_no_answer(
    upstream: Any, status: int, method: str, path: str, body: Any
) -> None:
    upstream.wrapper.app = proxy(status, {"location": "https://login.example/"})
    answer = await upstream.send(method, IDCS + path, body)
    assert answer.status_code >= 500 or status == 403
    assert "Busy" not in answer.text
    assert "login.example" not in str(answer.headers)


# Answers that are none


@pytest.mark.parametrize("effect", ["truncated", "empty", "wrong_type", "not_json"])
@ALL_READS
async def test_a_broken_answer_is_a_502_and_never_an_empty_one(
    make_upstream: Any, effect: str, method: str, path: str, body: Any
) -> None:
    upstream = await make_upstream(cut=True)
    upstream.fault(effect)
    answer = await upstream.send(method, IDCS + path, body)
    assert (answer.status_code, code_of(answer)) == (502, "GW501")


@pytest.mark.parametrize("effect", ["truncated", "reset_before", "reset_after"])
@ALL_READS
async def test_a_read_that_was_cut_off_is_tried_once_more(
    make_upstream: Any, effect: str, method: str, path: str, body: Any
) -> None:
    upstream = await make_upstream(cut=effect == "truncated")
    expected = await upstream.send(method, IDCS + path, body)
    upstream.fault(effect, times=1)
    answer = await upstream.send(method, IDCS + path, body)
    assert (answer.status_code, answer.json()) == (200, expected.json())


@ALL_READS
async def test_a_read_that_is_cut_off_twice_is_an_error(upstream: Any, method: str, path: str, body: Any) -> None:
    fault = upstream.fault("reset_before")
    answer = await upstream.send(method, IDCS + path, body)
    assert (answer.status_code, upstream.wrapper.struck(fault)) == (503, 2)
    assert "retry-after" in answer.headers


# No answer at all


@EVERYTHING
async def test_an_answer_that_never_comes_is_an_error_within_the_time_set(
    make_upstream: Any, method: str, path: str, body: Any
) -> None:
    """A create or delete that may be on its way is no time-out to its client, but an open question."""
    upstream = await make_upstream(timeouts=Timeouts(connect=0.02, read=0.02))
    upstream.fault("hang")
    began = time.monotonic()
    answer = await upstream.send(method, IDCS + path, body)
    open_question = path == "/Users" or method == "DELETE"
    assert (answer.status_code, code_of(answer)) == ((502, "GW506") if open_question else (504, "GW504"))
    assert time.monotonic() - began < 1.0


async def test_all_calls_of_one_request_share_its_time(make_upstream: Any) -> None:
    """Each call is quick enough by itself; together they are not."""
    from gateway.settings.nevisidm import NevisSettings

    upstream = await make_upstream(timeouts=Timeouts(connect=5, read=5), nevisidm=NevisSettings(total_timeout=0.15))
    upstream.fault("none", latency=0.1)
    began = time.monotonic()
    answer = await upstream.send("GET", f"{IDCS}/Users/u-1001?attributeSets=all")
    assert (answer.status_code, time.monotonic() - began < 1.0) == (504, True)


async def test_a_caller_that_will_not_wait_so_long_is_told_in_its_own_time(make_upstream: Any) -> None:
    upstream = await make_upstream(timeouts=Timeouts(connect=5, read=5))
    upstream.fault("none", latency=0.4)
    for wait, status in (("wait=0", 504), ("return=minimal, wait=1", 200)):
        answer = await upstream.send("GET", f"{IDCS}/Users/u-1001", Prefer=wait)
        assert answer.status_code == status, wait


# What the operator reads of it


def page(kind: str, body: bytes, status: int = 200, **headers: str) -> Any:
    async def app(_: Scope, receive: Receive, send: Send) -> None:
        message: Message = await receive()
        while message.get("more_body"):
            message = await receive()
        told = [(b"content-type", kind.encode()), *((name.encode(), value.encode()) for name, value in headers.items())]
        await send({"type": "http.response.start", "status": status, "headers": told[not kind :]})
        await send({"type": "http.response.body", "body": body})

    return app


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (page("text/html", b"<html>secret-4711</html>"), "html"),
        (page("text/html;charset=UTF-8", b"<html/>", 404), "html"),
        (page("text/plain", b"secret-4711"), "wrong content type"),
        (page("", b"{}"), "no content type"),
        (page("application/json", b'{"secret-4711": '), "not json"),
        (page("application/json", b"[1, 2]"), "unexpected json"),
        (page("application/json", b""), "empty"),
        (page("", b""), "empty"),
        (page("text/html", b"<html/>", 302, location="https://login.example/?secret-4711"), "redirect"),
        (page("", b"", 307, location="http://evil.example/"), "redirect"),
        (page("application/json", b" " * 17_000_000), "larger than 16000000 bytes"),
    ],
)
async def test_what_an_answer_was_that_is_none_is_told_to_the_operator(
    upstream: Any, answers: Any, reason: str
) -> None:
    upstream.wrapper.app = answers
    answer = await upstream.send("GET", f"{IDCS}/Users/u-1001")
    assert (answer.status_code, code_of(answer)) == (502, "GW501")
    [refusal] = upstream.refusals()
    assert reason in refusal.reason
    assert "secret-4711" not in f"{answer.text} {answer.headers} {upstream.world.events}"


async def test_an_answer_that_is_cut_off_is_told_as_that(make_upstream: Any) -> None:
    upstream = await make_upstream(cut=True)
    upstream.fault("truncated")
    await upstream.send("GET", f"{IDCS}/Users/u-1001")
    assert [refusal.reason for refusal in upstream.refusals()] == ["the reply is cut off"]
