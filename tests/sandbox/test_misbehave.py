"""The misbehaving wrapper: each fault does what its name says, when it was told to."""

import asyncio

import httpx
import pytest

from gateway.sandbox.misbehave import ConnectionBroken, Fault, Message, Misbehaviour, Receive, Scope, Send

BODY = b'{"items": [1, 2, 3]}'


class Counter:
    """An app that counts the calls that took effect."""

    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        self.calls += 1
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})


@pytest.fixture
def inner() -> Counter:
    return Counter()


@pytest.fixture
def app(inner: Counter) -> Misbehaviour:
    return Misbehaviour(inner)


async def call(app: Misbehaviour, method: str = "POST", path: str = "/api/users") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://idm") as client:
        return await client.request(method, path, content=b"{}")


async def test_without_faults_nothing_changes(app: Misbehaviour, inner: Counter) -> None:
    reply = await call(app)
    assert (reply.status_code, reply.content, inner.calls) == (201, BODY, 1)


async def test_a_status_is_answered_without_effect(app: Misbehaviour, inner: Counter) -> None:
    app.faults.append(Fault("status", status=500))
    reply = await call(app)
    assert (reply.status_code, reply.json()["errors"][0]["code"], inner.calls) == (500, "errors.fatalError", 0)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_what_a_proxy_says_is_a_page(app: Misbehaviour, inner: Counter, status: int) -> None:
    app.faults.append(Fault("status", status=status))
    reply = await call(app)
    assert (reply.status_code, reply.headers["content-type"][:9], inner.calls) == (status, "text/html", 0)


async def test_a_code_of_its_own_may_come_with_any_status(app: Misbehaviour) -> None:
    app.faults.append(Fault.parse("status,status=422,code=errors.duplicateName"))
    reply = await call(app)
    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "errors.duplicateName")
    app.faults[:] = [Fault("status", status=401, code="errors.userLoginFailed")]
    assert (await call(app)).json()["errors"][0]["code"] == "errors.userLoginFailed"


async def test_429_says_when_to_come_back(app: Misbehaviour) -> None:
    app.faults.append(Fault("status", status=429, retry_after=7))
    assert (await call(app)).headers["retry-after"] == "7"


async def test_401_has_no_body(app: Misbehaviour) -> None:
    app.faults.append(Fault("status", status=401))
    reply = await call(app)
    assert (reply.status_code, reply.content, reply.headers["www-authenticate"]) == (401, b"", "Bearer")


async def test_status_after_has_had_its_effect(app: Misbehaviour, inner: Counter) -> None:
    app.faults.append(Fault("status_after", status=502))
    assert ((await call(app)).status_code, inner.calls) == (502, 1)


async def test_html404_is_no_json(app: Misbehaviour, inner: Counter) -> None:
    app.faults.append(Fault("html404"))
    reply = await call(app)
    assert (reply.status_code, reply.headers["content-type"][:9], inner.calls) == (404, "text/html", 0)


async def test_a_body_of_the_wrong_type(app: Misbehaviour) -> None:
    app.faults.append(Fault("wrong_type"))
    reply = await call(app)
    assert (reply.status_code, reply.headers["content-type"], reply.content) == (201, "text/html", BODY)


async def test_an_empty_body(app: Misbehaviour) -> None:
    app.faults.append(Fault("empty"))
    reply = await call(app)
    assert (reply.status_code, reply.content, reply.headers["content-length"]) == (201, b"", "0")


async def test_a_body_that_is_no_json(app: Misbehaviour) -> None:
    app.faults.append(Fault("not_json"))
    reply = await call(app)
    assert reply.headers["content-type"] == "application/json"
    with pytest.raises(ValueError, match="Expecting"):
        reply.json()


async def test_a_truncated_body_claims_the_whole_length_and_breaks_off(inner: Counter) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    app = Misbehaviour(inner, [Fault("truncated")])
    with pytest.raises(ConnectionBroken):
        await app({"type": "http", "method": "GET", "path": "/"}, receive, send)
    assert dict(sent[0]["headers"])[b"content-length"] == b"%d" % len(BODY)
    assert sent[1] == {"type": "http.response.body", "body": BODY[: len(BODY) // 2], "more_body": True}


@pytest.mark.parametrize(("effect", "calls"), [("reset_before", 0), ("reset_after", 1)])
async def test_a_reset_before_and_after_the_effect(app: Misbehaviour, inner: Counter, effect: str, calls: int) -> None:
    app.faults.append(Fault.parse(effect))
    with pytest.raises(ConnectionBroken):
        await call(app)
    assert inner.calls == calls


async def test_a_client_s_own_exception_can_stand_for_the_reset(inner: Counter) -> None:
    app = Misbehaviour(inner, [Fault("reset_before")], broken=httpx.ReadError)
    with pytest.raises(httpx.ReadError):
        await call(app)


@pytest.mark.parametrize(("effect", "calls"), [("hang", 0), ("hang_after", 1)])
async def test_hanging_never_answers(app: Misbehaviour, inner: Counter, effect: str, calls: int) -> None:
    app.faults.append(Fault.parse(effect))
    waiting = asyncio.create_task(call(app))
    for _ in range(20):
        await asyncio.sleep(0)
    assert (waiting.done(), inner.calls) == (False, calls)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_latency_alone_only_delays(app: Misbehaviour, inner: Counter) -> None:
    app.faults.append(Fault(latency=0.02))
    started = asyncio.get_running_loop().time()
    reply = await call(app)
    assert (reply.status_code, inner.calls) == (201, 1)
    assert asyncio.get_running_loop().time() - started >= 0.02


async def test_a_fault_strikes_only_its_method_and_path(app: Misbehaviour) -> None:
    app.faults.append(Fault("status", method="GET", path=r"/users$"))
    replies = [await call(app, "GET"), await call(app, "POST"), await call(app, "GET", "/api/users/1")]
    assert [reply.status_code for reply in replies] == [503, 201, 201]


async def test_every_third_call_at_most_twice(app: Misbehaviour) -> None:
    fault = Fault("status", every=3, times=2)
    app.faults.append(fault)
    assert [(await call(app)).status_code for _ in range(12)] == [201, 201, 503, 201, 201, 503, *[201] * 6]
    assert app.struck(fault) == 2


async def test_clear_makes_it_behave_again(app: Misbehaviour) -> None:
    app.faults.append(Fault("status"))
    app.clear()
    assert (await call(app)).status_code == 201


async def test_a_lifespan_passes_through(app: Misbehaviour) -> None:
    app.faults.append(Fault("reset_before"))
    seen: list[str] = []

    async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    app.app = lifespan

    async def nothing(*_: object) -> None:
        return None

    await app({"type": "lifespan"}, nothing, nothing)  # type: ignore[arg-type]  # neither is called
    assert seen == ["lifespan"]


def test_a_fault_is_read_from_text() -> None:
    text = "status,status=429,retry_after=2,method=get,path=/users,every=2,times=5,latency=0.5"
    assert Fault.parse(text) == Fault("status", 429, 0.5, 2, "GET", "/users", 2, 5)


@pytest.mark.parametrize("text", ["explode", "status,color=red", "status,status=often"])
def test_a_fault_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Fault.parse(text)


async def test_twice_is_one_call_with_two_effects(app: Misbehaviour, inner: Counter) -> None:
    app.faults.append(Fault("twice"))
    reply = await call(app)
    assert (reply.status_code, reply.content, inner.calls) == (201, BODY, 2)


async def test_skip_lets_the_first_calls_through(app: Misbehaviour, inner: Counter) -> None:
    app.faults.append(Fault.parse("status,skip=2,times=1"))
    assert [(await call(app)).status_code for _ in range(4)] == [201, 201, 503, 201]
    assert inner.calls == 3
