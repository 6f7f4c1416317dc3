"""What must not come out, for every mapped type: bodies, edits, filters and headers are generated from the mappings, so that a new type is
covered by itself. Every value that goes in has a mark; only answers of success may show it, and secrets not even those.
"""

from __future__ import annotations

import base64
import itertools
import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from gateway.command.explaining import explain_request
from gateway.edge.caller.passwords import hashed
from gateway.events import Crashed
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.journal import Journal, Seal
from gateway.nevisidm.login import bearer
from gateway.observe.log import log_events
from gateway.observe.metrics import Metrics
from gateway.observe.spans import Spans
from gateway.sandbox.misbehave import Fault, Misbehaviour
from gateway.scim.schema import Attribute, ResourceType
from tests.conftest import shipped
from tests.raw import PATCH_OP, ROOTS, SEARCH, Answer, send
from tests.test_secrecy import INTERNAL, watching

MARK, SECRET = "zq7mark", "zq7mark-Secret"
TYPES = sorted({kind.name: kind for kind in shipped().types().values()}.items())
SOMEBODY = "u-1003"
FAULTS = {
    "all well": (),
    "lost": (Fault("reset_after", every=2),),
    "refused": (Fault("status", status=500, every=3),),
    "taken back in vain": (
        Fault("status", status=500, method="DELETE"),
        Fault("status", status=422, code="errors.pwdPolicyViolated", skip=2),
    ),
}


def value(attribute: Attribute, path: str, *, valid: bool) -> Any:
    """A marked value of the attribute's own type; `valid`: references lead to somebody who is there."""
    if attribute.type == "complex":
        inner = {
            sub.name: value(sub, f"{path}.{sub.name}", valid=valid)
            for sub in attribute.subs.values()
            if sub.mutability != "readOnly"
        } or {"anyName": f"{MARK}-{path}"}
        return [inner] if attribute.multi_valued else inner
    plain: Any = {"boolean": True, "integer": 7, "decimal": 7.5, "dateTime": "2030-01-01T00:00:00Z"}.get(attribute.type)
    if plain is None:
        plain = attribute.canonical[0] if attribute.canonical else f"{MARK}-{path}"
    if attribute.name == "extId":
        plain = "card-4711"  # an id, and ids are what logs and audit name
    if attribute.returned == "never" or attribute.secret or attribute.once:
        plain = f"{SECRET}-1"
    elif (
        (valid or attribute.name == "value")
        and path.lower().split(".")[0] in ("user", "grantee", "owner", "app")
        and attribute.name == "value"
    ):
        plain = SOMEBODY
    return [plain] if attribute.multi_valued else plain


def writable(kind: ResourceType) -> Iterator[tuple[str, Attribute]]:
    """Every attribute that a client may send, with its URN ("" for the core)."""
    for urn, table in (("", kind.core), *kind.extensions.items()):
        for attribute in table.values():
            if attribute.mutability != "readOnly" and attribute.name not in ("id", "meta", "schemas"):
                yield urn, attribute


def body(kind: ResourceType, *, valid: bool, only_required: bool = False) -> dict[str, Any]:
    """A resource with everything in it."""
    made: dict[str, Any] = {"schemas": [kind.schema, *kind.extensions]}
    for urn, attribute in writable(kind):
        if attribute.required or not only_required:
            place = made.setdefault(urn, {}) if urn else made
            place[attribute.name] = value(attribute, attribute.name, valid=valid)
    return made


def edits(kind: ResourceType) -> Iterator[dict[str, Any]]:
    for urn, attribute in writable(kind):
        path = f"{urn}:{attribute.name}" if urn else attribute.name
        for op in ("replace", "add"):
            wish = {"op": op, "path": path, "value": value(attribute, attribute.name, valid=True)}
            yield {"schemas": [PATCH_OP], "Operations": [wish]}
        if attribute.multi_valued:
            gone = {"op": "remove", "path": f'{path}[value eq "{MARK}-gone"]'}
            yield {"schemas": [PATCH_OP], "Operations": [gone]}


def filters(kind: ResourceType) -> Iterator[str]:
    for urn, table in (("", kind.core), *kind.extensions.items()):
        for attribute in table.values():
            name = f"{urn}:{attribute.name}" if urn else attribute.name
            for each in (f"{name}.{sub.name}" for sub in attribute.subs.values()) if attribute.subs else (name,):
                yield f'{each} eq "{MARK}-filter"'
    yield f'id eq "{MARK}-filter" and not (id co "{MARK}-other")'


Request = tuple[str, str, Any]
HEADERS = {
    "x-token": f"{MARK}-x", "if-none-match": f'"{MARK}-tag"', "user-agent": f"{MARK}-agent", "cookie": f"{MARK}=1",
    "traceparent": f"{MARK}-trace", "tracestate": MARK, "prefer": MARK, "forwarded": f"for={MARK}", "x-forwarded-for": MARK,
}  # fmt: skip


def requests(kind: ResourceType) -> Iterator[Request]:
    """Everything that can be asked of a type."""
    at = kind.endpoint
    shapes = [body(kind, valid=valid, only_required=required) for valid in (True, False) for required in (True, False)]
    if "create" in kind.verbs or "act" in kind.verbs:
        yield from (("POST", at, each) for each in shapes)
        operations = [
            {"method": "POST", "path": at, "bulkId": f"b{number}", "data": each} for number, each in enumerate(shapes)
        ]
        yield (
            "POST",
            "/Bulk",
            {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations},
        )
    if "replace" in kind.verbs or "act" in kind.verbs:
        yield from (("PUT", f"{at}/{SOMEBODY}", each) for each in shapes)
    if "modify" in kind.verbs:
        yield from (("PATCH", f"{at}/{SOMEBODY}", each) for each in edits(kind))
    if "search" in kind.verbs:
        asked = list(filters(kind))
        yield from (("GET", f"{at}?filter={quote(each)}", None) for each in asked[::3])
        yield from (("POST", f"{at}/.search", {"schemas": [SEARCH], "filter": each}) for each in asked[1::3])
        yield "GET", f"{at}?filter={quote(asked[0])}&sortBy=nothing&attributes=nothing&cursor={MARK}", None
    if "get" in kind.verbs:
        yield "GET", f"{at}/{SOMEBODY}", None
    if "delete" in kind.verbs:
        yield "DELETE", f"{at}/{SOMEBODY}", None


class Received(SpanExporter):
    """What a collector would get, as text."""

    def __init__(self) -> None:
        self.text = ""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.text += "".join(f"{each.name} {dict(each.attributes or {})} {each.status.description}" for each in spans)
        return SpanExportResult.SUCCESS


TRACES = {"endpoint": "http://127.0.0.1:9/v1/traces"}  # so that every request is traced; nothing is sent there


class Listening:
    """A gateway with everything on that writes anything down."""

    def __init__(self, world: Any, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.wrapper = Misbehaviour(world.inner, broken=httpx.ReadError)
        engine = HttpxEngine(httpx.ASGITransport(app=self.wrapper))
        client = Client(engine, "http://sandbox", bearer("technical"), events=world.context.events, pause=lambda: 0.0)
        journal = Journal(folder / "journal", Seal("k" * 32), world.context.events)
        world.change(client=client, journal=journal)
        self.metrics, self.log, self.received = Metrics(), log_events("debug"), Received()
        self.spans = Spans(self.received, "gateway")

    async def ask(self, root: str, request: Request, **headers: str) -> Answer:
        """Send it; what its answer and events must not show is looked for at once."""
        method, path, sent = request
        answer = await send(
            self.world, method, root + path, b"" if sent is None else json.dumps(sent).encode(), headers
        )
        shown = answer.body.decode() + json.dumps(answer.headers)
        assert SECRET not in shown, (request[:2], shown)
        if answer.status >= 400:
            assert MARK not in shown, (request[:2], shown)
        assert not INTERNAL.search(shown), (request[:2], shown)
        for event in self.world.events:
            assert not isinstance(event, Crashed), (request[:2], event)
            assert MARK not in repr(event), (request[:2], event)
            for consumer in (self.log, self.metrics, self.spans):
                consumer(event)
        self.world.events.clear()
        return answer

    def written(self) -> str:
        """Everything that files and the admin port hold, and that a collector got."""
        self.spans.close()
        assert self.received.text, "there were spans to look at"
        files = (each for each in self.folder.rglob("*") if each.is_file())
        return "".join(each.read_text() for each in files) + self.metrics.scrape()[0].decode() + self.received.text


@pytest.mark.parametrize("name", [name for name, _ in TYPES])
async def test_no_type_lets_anything_out(
    make_world: Any,
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = list(requests(dict(TYPES)[name]))
    audit = {"file": tmp_path / "audit.jsonl"}
    listening = Listening(
        await make_world(3, probe=False, audit=audit, rates={"tier": "none"}, traces=TRACES), tmp_path
    )
    for faults in FAULTS.values():
        some = asked[:: max(1, len(asked) // 8)] if faults else asked[:60] + asked[60::7]
        for number, request in enumerate(some):
            listening.wrapper.clear()
            listening.wrapper.faults += faults
            await listening.ask(ROOTS[number % 2], request, **(HEADERS if number % 5 == 4 else {}))
    out = capsys.readouterr()
    assert MARK not in listening.written()
    assert MARK not in out.err + out.out + caplog.text


FORM = "application/x-www-form-urlencoded"
FIELDS = (
    "scope",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "username",
    "password",
    "assertion",
)
FURTHER = ("refresh_token", "code", "token", "token_type_hint", "audience", "resource", "redirect_uri", "anything")
GRANTS = (
    *("client_credentials", "password", "refresh_token", "authorization_code", f"{MARK}-grant"),
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
)


def forms() -> Iterator[dict[str, str]]:
    """Everything that can be sent to the token endpoint, a mark in each field, alone and together."""
    marked = {name: f"{SECRET}-{name}" for name in (*FIELDS, *FURTHER)}
    jwt = ".".join(
        base64.urlsafe_b64encode(f'{{"alg":"RS256","iss":"{SECRET}"}}'.encode()).decode().rstrip("=") for _ in range(3)
    )
    for grant in GRANTS:
        yield {"grant_type": grant}
        yield {"grant_type": grant, **marked}
        yield {"grant_type": grant, **{name: marked[name] for name in ("client_id", "client_secret", "scope")}}
        yield {
            "grant_type": grant,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt,
        }
    yield from ({"grant_type": "client_credentials", name: value} for name, value in marked.items())
    yield from ({"token": each} for each in (jwt, f"{SECRET}-token", f"Bearer {SECRET}"))


RIGHT = f"Basic {base64.b64encode(b'app:right').decode()}"


def logins() -> Iterator[str]:
    yield from ("", RIGHT)
    for pair in (f"{MARK}-client:{SECRET}", f"app:{SECRET}"):
        yield f"Basic {base64.b64encode(pair.encode()).decode()}"
    yield f"Bearer {SECRET}"
    yield f"Basic {SECRET}"


async def test_the_token_endpoint_lets_nothing_out(
    make_world: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caller = {"subject": "app", "client_id": "app", "client_secret_hash": hashed("right"), "roles": ["Reader"]}
    world = await make_world(
        3,
        probe=False,
        callers=[caller],
        token_endpoint={"issuer": "https://gateway.example"},
        rates={"tier": "none", "failed_logins": {"pair": None, "address": None, "account": None}},
        traces=TRACES,
    )
    listening = Listening(world, tmp_path)
    statuses = set()
    for number, (form, login) in enumerate(itertools.product(forms(), logins())):
        if login.startswith("Basic ") and login != RIGHT and number % 7:
            continue  # a part of those that prove nothing: checking a wrong secret is meant to be slow
        for path in ("/oauth2/v1/token", "/oauth2/v1/introspect"):
            body = urlencode(form).encode()
            answer = await send(world, "POST", path, body, {"authorization": login, "content-type": FORM, **HEADERS})
            shown = answer.body.decode() + json.dumps(answer.headers)
            assert MARK not in shown, (path, form, login, shown)
            statuses.add(answer.status)
        for event in world.events:
            assert MARK not in repr(event), event
            for consumer in (listening.log, listening.metrics, listening.spans):
                consumer(event)
        world.events.clear()
    assert {200, 400, 401} <= statuses
    await listening.ask(ROOTS[0], ("GET", f"/Users?filter={MARK}", None))
    out = capsys.readouterr()
    assert MARK not in listening.written()
    assert MARK not in out.err + out.out + caplog.text


def secret_types() -> list[str]:
    return [name for name, kind in TYPES if any(has_secret(attribute) for _, attribute in writable(kind))]


def has_secret(attribute: Attribute) -> bool:
    return attribute.secret or attribute.returned == "never" or any(map(has_secret, attribute.subs.values()))


@pytest.mark.parametrize("name", secret_types())
async def test_no_secret_is_in_a_repr_a_plan_or_explain(
    make_world: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = dict(TYPES)[name]
    world = await make_world(6, probe=False, rates={"tier": "none"})
    found: dict[type, str] = {}
    for request in itertools.islice((each for each in requests(kind) if each[2] is not None), 3):
        with watching(found):
            await send(world, request[0], ROOTS[0] + request[1], json.dumps(request[2]).encode(), {})
        if "Bulk" not in request[1]:
            asked = f"{request[0]} {ROOTS[0]}{request[1]}"
            for as_json in (False, True):
                explain_request(
                    asked, json.dumps(request[2]).encode(), None, as_json=as_json, execute=False, writes=False
                )
    assert not {each.__qualname__: text[:300] for each, text in found.items()}
    assert SECRET not in capsys.readouterr().out


def test_all_types_are_looked_at() -> None:
    assert len(TYPES) == len({kind.name for kind in shipped().types().values()}) > 30
    assert {"User", "UserDbCredentials", "UserPasswordCredentials"} <= set(secret_types())
