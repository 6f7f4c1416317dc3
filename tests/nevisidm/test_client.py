"""Sending: where to, as whom, how often, how many at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from gateway.events import CallEnded, Event
from gateway.nevisidm.call import Refusal, Reply, Request
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Engine, Exchange, Timeout, Timeouts, Unreachable
from gateway.nevisidm.login import ClientCredentials, bearer, caller

GET = Request("user.read", "GET", "/core/v1/100/users/u1")
PATCH = Request("user.update", "PATCH", "/core/v1/100/users/u1", body={"version": 3})
LOGIN = Request("login", "POST", "/auth/v1/100/users/u1/password/login", body={"password": "p"}, once=True)
HTML = b"<html>not here</html>"
NO_RECORD = {"errors": [{"code": "errors.noRecord", "message": "no"}]}


async def send(client: Client, request: Request, **settings: Any) -> Reply:
    return await client.send(request, request_id="r1", **settings)


async def refusal(client: Client, request: Request, **settings: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await send(client, request, **settings)
    return caught.value


async def test_a_request_goes_below_the_api_with_the_gateway_s_login(upstream: Any, client: Client) -> None:
    upstream.says(200, {"extId": "u1"}, location="/users/u1")
    assert await send(client, PATCH) == Reply(200, {"extId": "u1"}, "/users/u1")
    [seen] = upstream.seen
    assert str(seen) == "PATCH /core/v1/100/users/u1"
    assert seen.body == {"version": 3}
    assert seen.headers["authorization"] == "Bearer gateway-token"
    assert seen.headers["accept"] == seen.headers["content-type"] == "application/json"
    assert "x-token" not in seen.headers


async def test_a_caller_s_own_login_replaces_the_gateway_s_and_brings_its_x_token(
    upstream: Any, client: Client
) -> None:
    upstream.says(200, {})
    await send(client, GET, login=caller("Basic own"), x_token="jwt")
    assert upstream.seen[0].headers["authorization"] == "Basic own"
    assert upstream.seen[0].headers["x-token"] == "jwt"


async def test_a_value_that_no_header_can_carry_is_a_401_and_is_not_sent(upstream: Any, client: Client) -> None:
    for settings in ({"login": caller("Basic ö")}, {"login": caller("Basic a"), "x_token": "a\r\nHost: b"}):
        found = await refusal(client, GET, **settings)
        assert (found.kind, found.status) == ("http", 401)
    assert upstream.seen == []


async def test_query_values_are_encoded(upstream: Any, client: Client) -> None:
    upstream.says(200, {})
    tricky = "a&limit=9#ü +%26"
    await send(client, Request("list", "GET", "/core/v1/clients/100/users", (("loginId_IEQ", tricky), ("limit", "2"))))
    assert upstream.seen[0].query == {"loginId_IEQ": tricky, "limit": "2"}


@pytest.mark.parametrize(
    ("base", "api", "paths", "path", "url"),
    [
        ("https://n/", "/nevisidm/api", {}, "/core/v1/x", "https://n/nevisidm/api/core/v1/x"),
        ("https://n/some/prefix", "nevisidm/api/", {}, "/auth/v1/x", "https://n/some/prefix/nevisidm/api/auth/v1/x"),
        ("https://n", "", {}, "/core/v1/x", "https://n/core/v1/x"),
        ("https://n", "/api", {"query": "https://s/q/"}, "/query/v1/users", "https://s/q/v1/users"),
        ("https://n", "/api", {"query": "https://s/q"}, "/core/v1/x", "https://n/api/core/v1/x"),
    ],
)
def test_addresses(
    client_to: Callable[..., Client], base: str, api: str, paths: Mapping[str, str], path: str, url: str
) -> None:
    client = Client(None, base, bearer("t"), api=api, paths=paths)  # type: ignore[arg-type]
    assert client.url(Request("x", "GET", path)) == url


@pytest.mark.parametrize("segment", ["..", ".", "%00", "a%0Ab", "%7f", "%5c"])
async def test_no_id_can_make_another_path_of_it(upstream: Any, client: Client, segment: str) -> None:
    for path in (f"/core/v1/100/users/u1/generic-credentials/{segment}", f"/core/v1/100/users/{segment}/securid"):
        found = await refusal(client, Request("credential.delete", "DELETE", path))
        assert (found.status, found.json) == (404, True)
    assert upstream.seen == []


async def test_dots_inside_an_id_and_encoded_signs_are_fine(upstream: Any, client: Client) -> None:
    for segment in ("a..b", "...", "%251F", "%C3%BC", "x.y"):
        upstream.says(200, {})
        await send(client, Request("user.read", "GET", f"/core/v1/100/users/{segment}"))
    assert len(upstream.seen) == 5


async def test_every_try_is_an_event_without_its_address(upstream: Any, client: Client, happened: list[Event]) -> None:
    upstream.says(503)
    upstream.says(200, {})
    await send(client, GET)
    first, second = happened
    assert isinstance(first, CallEnded)
    assert isinstance(second, CallEnded)
    assert [(e.request_id, e.call, e.status, e.attempt) for e in (first, second)] == [
        ("r1", "user.read", 503, 1),
        ("r1", "user.read", 200, 2),
    ]


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_read_is_tried_twice_when_nevisidm_is_passing_through_a_bad_moment(
    upstream: Any, client: Client, status: int
) -> None:
    upstream.says(status)
    upstream.says(200, {"ok": True})
    assert (await send(client, GET)).json == {"ok": True}


async def test_a_read_whose_connection_broke_is_tried_twice_and_no_more(upstream: Any, client: Client) -> None:
    upstream.breaks()
    upstream.breaks()
    found = await refusal(client, GET)
    assert (found.kind, found.unknown_outcome, len(upstream.seen)) == ("unreachable", False, 2)


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (503, None, {"retry_after": "7"}),
        (429, None, {}),
        (500, None, {}),
        (404, NO_RECORD, {}),
        (200, HTML, {}),
        (422, {"errors": [{"code": "errors.invalidData"}]}, {}),
    ],
)
async def test_what_a_second_try_cannot_mend_is_not_tried_again(
    upstream: Any, client: Client, status: int, body: Any, headers: Any
) -> None:
    upstream.says(status, body, **headers)
    found = await refusal(client, GET)
    assert len(upstream.seen) == 1
    assert found.retry_after == (7 if headers else None)


@pytest.mark.parametrize(
    "request_", [PATCH, LOGIN, Request("x", "GET", "/core/v1/x", once=True)], ids=lambda r: r.method
)
async def test_a_write_and_a_once_call_are_never_repeated(upstream: Any, client: Client, request_: Request) -> None:
    upstream.breaks()
    found = await refusal(client, request_)
    assert len(upstream.seen) == 1
    assert found.unknown_outcome is (request_.method != "GET")


async def test_a_write_that_was_not_sent_has_a_known_outcome() -> None:
    class Nobody:
        async def exchange(self, *_: Any) -> Exchange:
            raise Unreachable("refused", sent=False)

        async def aclose(self) -> None: ...

    found = await refusal(Client(Nobody(), "http://n", bearer("t")), PATCH)
    assert (found.kind, found.unknown_outcome) == ("unreachable", False)


async def test_silence_is_a_timeout_and_leaves_a_write_open(upstream: Any, client_to: Callable[..., Client]) -> None:
    upstream.gate = asyncio.Event()
    client = client_to(upstream, timeouts=Timeouts(0.01, 0.02))
    for request, unknown in ((PATCH, True), (GET, False)):
        upstream.says(200, {})
        found = await refusal(client, request)
        assert (found.kind, found.unknown_outcome) == ("timeout", unknown)
    assert len(upstream.seen) == 2  # a slow nevisIDM is not asked twice


async def test_the_deadline_bounds_a_call_and_a_past_one_sends_nothing(
    upstream: Any, client_to: Callable[..., Client]
) -> None:
    upstream.gate = asyncio.Event()
    client = client_to(upstream, timeouts=Timeouts(60, 60))
    upstream.says(200, {})
    assert (await refusal(client, GET, deadline=time.monotonic() + 0.03)).kind == "timeout"
    late = await refusal(client, PATCH, deadline=time.monotonic() - 1)
    assert (late.kind, late.unknown_outcome, len(upstream.seen)) == ("timeout", False, 1)


class Tokens:
    """An engine in front of another one: hands out t1, t2, … at the token address."""

    def __init__(self, inner: Engine) -> None:
        self.inner = inner
        self.given = 0

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Exchange:
        if url != "http://as/token":
            return await self.inner.exchange(method, url, headers, body, timeouts)
        self.given += 1
        return Exchange(200, {}, orjson.dumps({"access_token": f"t{self.given}"}))

    async def aclose(self) -> None: ...


@pytest.fixture
def oauth(client: Client) -> Client:
    return Client(Tokens(client._engine), "http://nevis", ClientCredentials("http://as/token", "gw", "s", ""))


@pytest.mark.parametrize("request_", [GET, PATCH], ids=lambda r: r.method)
async def test_a_401_is_answered_with_a_fresh_login_once(upstream: Any, oauth: Client, request_: Request) -> None:
    upstream.says(401, HTML, "text/html")
    upstream.says(200, {})
    await send(oauth, request_)
    assert [seen.headers["authorization"] for seen in upstream.seen] == ["Bearer t1", "Bearer t2"]
    upstream.says(401)
    upstream.says(401)
    found = await refusal(oauth, request_)
    assert (found.kind, found.status, len(upstream.seen)) == ("http", 401, 4)


async def test_a_once_call_is_not_repeated_after_a_401_but_the_next_has_a_fresh_login(
    upstream: Any, oauth: Client
) -> None:
    upstream.says(401)
    assert (await refusal(oauth, LOGIN)).status == 401
    upstream.says(200, {"statusCode": 5})
    await send(oauth, LOGIN)
    assert [seen.headers["authorization"] for seen in upstream.seen] == ["Bearer t1", "Bearer t2"]


async def test_a_401_to_a_login_that_cannot_change_is_final(upstream: Any, client: Client) -> None:
    upstream.says(401)
    assert (await refusal(client, GET)).status == 401
    assert len(upstream.seen) == 1


@pytest.mark.parametrize(("status", "kind"), [(401, "http"), (400, "http"), (503, "unreachable")])
async def test_a_login_that_cannot_be_had_is_told_from_one_that_is_refused(
    upstream: Any, client: Client, status: int, kind: str
) -> None:
    class NoTokens(Tokens):
        async def exchange(self, *_: Any) -> Exchange:
            return Exchange(status, {}, b"{}")

    login = ClientCredentials("http://as/token", "gw", "s", "")
    found = await refusal(Client(NoTokens(client._engine), "http://nevis", login), PATCH)
    assert (found.kind, found.status, found.unknown_outcome) == (kind, 401 if kind == "http" else None, False)


async def test_an_auth_path_gets_its_slash_when_nevisidm_wants_one_and_keeps_it(upstream: Any, client: Client) -> None:
    upstream.on("POST /auth/v1/100/users/u1/password/login", 404, HTML, "text/html")
    upstream.on("POST /auth/v1/100/users/u1/password/login/", 200, {"statusCode": 5})
    await send(client, LOGIN)
    await send(client, LOGIN)
    assert [seen.path[-6:] for seen in upstream.seen] == ["/login", "login/", "login/"]


async def test_an_auth_path_that_is_nowhere_stays_a_404_of_somebody_else(upstream: Any, client: Client) -> None:
    upstream.on("POST /auth/v1/100/users/u1/password/login", 404, HTML, "text/html")
    upstream.on("POST /auth/v1/100/users/u1/password/login/", 404, HTML, "text/html")
    found = await refusal(client, LOGIN)
    assert (found.status, found.json) == (404, False)


async def test_a_404_of_nevisidm_s_own_is_no_reason_for_a_slash(upstream: Any, client: Client) -> None:
    upstream.says(404, NO_RECORD)
    assert (await refusal(client, LOGIN)).json
    assert len(upstream.seen) == 1


async def test_no_more_are_under_way_than_allowed(upstream: Any, client_to: Callable[..., Client]) -> None:
    client = client_to(upstream, max_connections=3)
    upstream.on(str(PATCH.method) + " " + PATCH.path, 200, {})
    await asyncio.gather(*(send(client, PATCH) for _ in range(12)))
    assert (upstream.most_under_way, len(upstream.seen)) == (3, 12)


async def test_too_many_at_once_are_refused_at_once_and_the_others_served(
    upstream: Any, client_to: Callable[..., Client]
) -> None:
    client = client_to(upstream, max_connections=1, max_waiting=1, timeouts=Timeouts(5, 5))
    upstream.on("GET " + GET.path, 200, {})
    upstream.gate = asyncio.Event()
    first, second = asyncio.create_task(send(client, GET)), asyncio.create_task(send(client, GET))
    await asyncio.sleep(0.01)
    found = await refusal(client, GET)
    assert (found.kind, found.retry_after) == ("unreachable", 1)
    upstream.gate.set()
    assert [(await task).status for task in (first, second)] == [200, 200]


async def test_nobody_waits_for_a_place_longer_than_to_connect(upstream: Any, client_to: Callable[..., Client]) -> None:
    client = client_to(upstream, max_connections=1, timeouts=Timeouts(0.02, 5))
    upstream.on("GET " + GET.path, 200, {})
    upstream.gate = asyncio.Event()
    first = asyncio.create_task(send(client, GET))
    await asyncio.sleep(0.005)
    assert (await refusal(client, PATCH)).kind == "unreachable"
    upstream.gate.set()
    await first
    assert (await send(client, GET)).status == 200


async def test_an_answer_cut_off_is_broken_read_again_and_leaves_a_write_open(upstream: Any, client: Client) -> None:
    for _ in range(3):
        upstream.says(200, b'{"a":', content_length="100")
    read, write = await refusal(client, GET), await refusal(client, PATCH)
    assert (read.kind, read.status, read.unknown_outcome) == ("broken", None, False)
    assert (write.kind, write.unknown_outcome) == ("broken", True)
    assert [str(seen)[:3] for seen in upstream.seen] == ["GET", "GET", "PAT"]


async def test_no_second_try_without_time_for_it(upstream: Any, client_to: Callable[..., Client]) -> None:
    client = client_to(upstream)
    client._pause = lambda: 60.0
    upstream.says(503)
    assert (await refusal(client, GET, deadline=time.monotonic() + 5)).status == 503
    assert len(upstream.seen) == 1


async def test_a_token_endpoint_out_of_reach_means_that_nothing_was_sent(upstream: Any, client: Client) -> None:
    class Unanswered(Tokens):
        async def exchange(self, *_: Any) -> Exchange:
            raise Timeout("no answer in time")

    login = ClientCredentials("http://as/token", "gw", "s", "")
    found = await refusal(Client(Unanswered(client._engine), "http://nevis", login), PATCH)
    assert (found.kind, found.unknown_outcome) == ("unreachable", False)
    assert upstream.seen == []


async def test_closing_the_client_closes_its_connections(upstream: Any) -> None:
    class Closing(Tokens):
        closed = False

        async def aclose(self) -> None:
            self.closed = True

    engine = Closing(upstream)
    await Client(engine, "http://nevis", bearer("t")).aclose()
    assert engine.closed
