"""What must not come out: secrets and personal data in logs, events, error texts and reprs; anything of nevisIDM's own in any answer.

Every value that goes in carries a mark of its own. Ids are excepted: they are what logs and errors are allowed to name.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from gateway.events import Crashed
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import bearer
from gateway.observe.log import log_events
from tests.raw import NEVIS, PATCH_OP, ROOTS, SEARCH, USER, Answer, send

MARK = "zq7mark"
DB = "urn:ietf:params:scim:schemas:oracle:idcs:UserDbCredentials"
GENERIC = "urn:ietf:params:scim:schemas:nevisidm:2.0:UserGenericCredentials"
SECURID = "urn:ietf:params:scim:schemas:nevisidm:2.0:UserSecurIdCredentials"
CHECK = "urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
INTERNAL = re.compile(
    r"stackTrace|ch\.nevis|suppliedValue|configString|localizedMessage|PolicyElement|classLoader|\berrors\.\w|java\b",
    re.IGNORECASE,
)
SECRETS = ("Secret-", "Tiger-", "wrong", "x-token", "token")
Request = tuple[str, str, Any, dict[str, str]]


def marked(name: str) -> str:
    return f"{MARK}-{name}"


def person(**more: Any) -> dict[str, Any]:
    return {
        "schemas": [USER],
        "userName": marked("login"),
        "name": {"givenName": marked("given"), "familyName": marked("family")},
        "emails": [{"value": f"{marked('mail')}@example.org", "type": "work"}],
        "title": marked("title"),
        "phoneNumbers": [{"type": "mobile", "value": "+41790007777"}],
        NEVIS: {"properties": {"building": marked("building")}, "profile": {"function": marked("function")}},
        **more,
    }


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def check(secret: str, subject: str = "bjensen") -> dict[str, Any]:
    return {"schemas": [CHECK], "mappingAttribute": "userName", "mappingAttributeValue": subject, "password": secret}


WRITES: list[Request] = [
    ("POST", "/Users", person(password=marked("Secret-1")), {}),
    ("POST", "/Users", person(password=marked("Secret-2")), {}),  # there already
    ("POST", "/Users", person(userName=marked("other"), emails=[{"value": f"{marked('m2')}@x.org"}], password=MARK[:7]), {}),  # too short
    ("POST", "/Users", person(userName=marked("third"), emails=[{"value": marked("no mail")}]), {}),
    ("POST", "/Users", person(userName=marked("x" * 400)), {}),
    ("POST", "/Users", person(active=marked("flag")), {}),
    ("POST", "/Users", person(name=marked("name")), {}),
    ("POST", "/Users", person(userName=marked("4"), **{NEVIS: {"properties": {"employee_id": marked("number")}}}), {}),
    ("POST", "/Users", person(userName=marked("5"), **{NEVIS: {"unit": marked("unit")}}), {}),
    ("POST", "/Users", person(userName=marked("6"), phoneNumbers=[{"type": marked("type"), "value": marked("number")}]), {}),
    ("PUT", "/Users/u-1002", person(), {}),
    ("PUT", "/Users/u-1002", person(userName=marked("put"), emails=[{"value": f"{marked('put')}@x.org"}]), {"if-match": "5"}),
    ("PATCH", "/Users/u-1003", patch({"op": "replace", "path": "displayName", "value": marked("display")}), {}),
    ("PATCH", "/Users/u-1003", patch({"op": "replace", "path": "password", "value": marked("Secret-3")}), {}),
    ("PATCH", "/Users/u-1003", patch({"op": "replace", "path": "password", "value": MARK[:6]}), {}),
    ("PATCH", "/Users/u-1003", patch({"op": "replace", "path": f'emails[value eq "{marked("path")}"].value', "value": marked("new")}), {}),
    ("PATCH", "/Users/u-1003", patch({"op": "replace", "path": f"{NEVIS}:profile.employee_id", "value": marked("number")}), {}),
    ("PATCH", "/Users/u-1003", patch({"op": "replace", "path": "externalId", "value": marked("ext") * 60}), {}),
    ("PATCH", "/Users/u-1003", patch({"op": "replace", "path": "id", "value": marked("id")}), {}),
    ("PATCH", "/Users/u-1003", patch({"op": "add", "path": "active", "value": marked("flag")}), {}),
    ("POST", "/UserDbCredentials", {"schemas": [DB], "user": {"value": "u-1004"}, "dbPassword": marked("Tiger-1")}, {}),
    ("POST", "/UserDbCredentials", {"schemas": [DB], "user": {"value": "nobody"}, "dbPassword": marked("Tiger-2")}, {}),
    ("POST", "/UserDbCredentials", {"schemas": [DB], "user": {"value": "u-1004"}, "dbPassword": marked("x") * 100}, {}),
    ("POST", "/UserGenericCredentials", {"schemas": [GENERIC], "user": {"value": "u-1005"}, "identification": marked("door"),
     "properties": {"note": marked("note")}}, {}),
    ("POST", "/UserGenericCredentials", {"schemas": [GENERIC], "user": {"value": "u-1006"}, "identification": marked("door")}, {}),
    ("POST", "/UserGenericCredentials", {"schemas": [GENERIC], "user": {"value": "u-1006"}, "identification": marked("door-2"),
     "properties": {"environment": marked("environment")}}, {}),
    ("POST", "/UserGenericCredentials", {"schemas": [GENERIC], "user": {"value": "u-1006"}, "identification": marked("door-3"),
     "policy": marked("policy")}, {}),
    ("POST", "/UserSecurIdCredentials", {"schemas": [SECURID], "user": {"value": "u-1010"}, "userName": marked("serial")}, {}),
    ("PATCH", "/UserSecurIdCredentials/u-1001~~securid", patch({"op": "replace", "path": "userName", "value": marked("serial-2")}), {}),
    ("POST", "/PasswordAuthenticator", check(marked("wrong")), {}),
    ("POST", "/PasswordAuthenticator", check(marked("wrong"), marked("nobody")), {}),
    ("POST", "/PasswordAuthenticator", {**check(marked("wrong")), "mappingAttribute": marked("attribute")}, {}),
    ("POST", "/PasswordAuthenticator", {**check(marked("w") * 100), "appName": marked("app")}, {}),
    ("POST", "/Bulk", {"schemas": [BULK], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "one", "data": person(userName=marked("bulk"), password=MARK[:7])},
        {"method": "PATCH", "path": "/Users/u-1007", "data": patch({"op": "replace", "path": "title", "value": marked("bulk")})}]}, {}),
]  # fmt: skip
FILTERS = [
    f'userName eq "{MARK}"', f'userName co "{MARK}"', f'name.familyName sw "{MARK}"', f'emails.value eq "{MARK}@x.org"',
    f'externalId eq "{MARK}"', f'emails[type eq "work" and value co "{MARK}"]', f'{NEVIS}:properties.costCentre eq "{MARK}"',
    f'userName eq "{MARK}" or userName eq "x{MARK}"', f'not (userName eq "{MARK}")', f'userName eq "{MARK}', f"userName eq {MARK}",
    f'userName xx "{MARK}"', f'active eq "{MARK}"', f'password eq "{MARK}"', f'meta.created gt "{MARK}"', f'userName eq "{MARK}" and',
    f'groups.value eq "{MARK}"', f"userName eq '{MARK}'",
]  # fmt: skip
ASKED: list[Request] = [
    *(("GET", f"/Users?filter={quote(each)}", None, {}) for each in FILTERS),
    *(("POST", "/Users/.search", {"schemas": [SEARCH], "filter": each}, {}) for each in FILTERS),
    *(("GET", f"/Users?count={MARK}&{name}={MARK}", None, {}) for name in ("startIndex", "sortOrder", "attributeSets", "cursor", "x")),
    ("GET", f'/Users/u-1001?attributes=emails[value%20eq%20"{MARK}"]', None, {}),
    ("GET", f'/UserGenericCredentials?filter=identification%20eq%20"{MARK}"', None, {}),
    ("GET", f'/UserDbCredentials?filter=user.value%20eq%20"u-1001"%20and%20idcsCreatedBy.value%20eq%20"{MARK}"', None, {}),
    ("GET", "/Users/u-1001", None, {"authorization": f"Bearer {marked('token')}"}),
    ("GET", "/Users/u-1001", None, {"authorization": f"Basic {marked('token')}"}),
    ("GET", "/Users/u-1001", None, {"authorization": f"Bearer {marked('login')}", "x-token": marked("x-token")}),
    ("DELETE", "/UserSecurIdCredentials/u-1001~~securid", None, {"authorization": "Bearer own-login", "x-token": marked("x-token")}),
    ("GET", "/Me", None, {"authorization": f"Bearer {marked('login')}"}),
    ("GET", "/Users/u-1001", None, {"x-request-id": f"{MARK} not safe", "content-type": MARK}),
]  # fmt: skip
"""Requests that change nothing."""


class Listener:
    """Hears what nevisIDM says when it refuses, on its way to the gateway."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.heard: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status = 0

        async def pass_on(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            if status >= 400 and message.get("body"):
                self.heard += re.findall(rb'"message":"((?:[^"\\]|\\.)*)"', message["body"])
            await send(message)

        await self.app(scope, receive, pass_on)


class Shouter:
    """A nevisIDM that refuses everything and tells all it knows."""

    def __init__(self, code: str, status: int) -> None:
        self.code = code
        self.status = status

    async def __call__(self, _: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        frames = [{"className": f"ch.nevis.{MARK}", "methodName": "check"}]
        said = {
            "errors": [{"code": self.code, "message": f"{MARK} <script>", "suppliedValue": MARK}],
            "policyViolations": [
                {"displayName": "Minimum length", "suppliedValue": MARK, "configString": f"minLength={MARK}"}
            ],
            "policyViolation": {"stackTrace": frames, "suppliedValue": MARK, "message": f"ch.nevis.idm {MARK}"},
        }
        headers = [(b"content-type", b"application/json"), (b"x-internal", MARK.encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})


def behind(world: Any, app: Any) -> None:
    """Put the gateway of a world in front of another nevisIDM."""
    engine = HttpxEngine(httpx.ASGITransport(app=app))
    client = Client(engine, "http://sandbox", bearer("technical"), events=world.context.events, pause=lambda: 0.0)
    world.change(client=client)


@pytest.fixture
async def listening(make_world: Any) -> Any:
    """The usual world and what its sandbox was heard to say."""
    world = await make_world(10)
    world.listener = Listener(world.inner)
    behind(world, world.listener)
    own = dataclasses.replace(
        world.box.accounts["technical"], client="100", user="u-1001", rights=frozenset(), self_admin=True
    )
    world.box.accounts["own-login"] = own
    return world


async def told(world: Any, root: str, request: Request) -> Answer:
    method, path, body, headers = request
    return await send(world, method, root + path, b"" if body is None else json.dumps(body).encode(), headers)


def check_error_text(answer: Answer, request: Request) -> None:
    """An error, also one inside of a bulk's answer, has nothing of what was sent."""
    shown = answer.body.decode() + json.dumps(answer.headers)
    assert MARK not in shown, (request[:2], shown)


@pytest.mark.parametrize("root", ROOTS)
async def test_nothing_tells_what_it_must_not(
    listening: Any, root: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """No value that was sent in events, log lines and errors; no secret and nothing of nevisIDM's own in any answer."""
    caplog.set_level(logging.DEBUG)
    log = log_events("debug")
    statuses = set()
    for request in WRITES + ASKED:
        listening.listener.heard.clear()
        answer = await told(listening, root, request)
        statuses.add(answer.status)
        assert not [event for event in listening.events if isinstance(event, Crashed)], request[:2]
        for event in listening.events:
            assert MARK not in repr(event), (request[:2], event)
            log(event)
        if answer.status >= 400:
            check_error_text(answer, request)
        check_secrets(answer, request)
        check_internal(answer, request, listening.listener.heard)
    assert statuses >= {200, 201, 400, 401, 409}, "the stories are not what they were"
    out = capsys.readouterr()
    assert len(out.err.splitlines()) > 100
    assert MARK not in out.err + out.out
    assert MARK not in caplog.text


def check_secrets(answer: Answer, request: Request) -> None:
    """Passwords, database passwords and tokens come back nowhere, not even where all is well."""
    shown = answer.body.decode()
    assert not [each for each in SECRETS if f"{MARK}-{each}" in shown], (request[:2], shown)


def check_internal(answer: Answer, request: Request, heard: list[bytes]) -> None:
    """No class, stack or code, and none of the sentences in which nevisIDM refused."""
    shown = answer.body.decode() + json.dumps(answer.headers)
    assert not INTERNAL.search(shown), (request[:2], shown)
    for message in heard:
        text = json.loads(b'"' + message + b'"')
        assert " " not in text or text not in shown, (request[:2], text)


CODES = [
    ("errors.pwdPolicyViolated", 422), ("errors.policyViolation", 422), ("errors.duplicateName", 422), ("errors.property.stringregex", 422),
    ("errors.property.stringmaxlen", 422), ("errors.noRecord", 404), ("errors.noRecord", 422), ("errors.insufficientRightsFunction", 403),
    ("errors.combinedDataroomDenied", 403), ("errors.fatalError", 500), ("errors.userLoginFailed", 422), ("errors.invalidJWTToken", 422),
    ("errors.optimisticLockingFailure", 409), ("errors.nobodyKnows", 422), (MARK, 400), ("", 503), ("errors.tooManySearchResults", 422),
    ("errors.queryServiceDisabled", 404), ("errors.deserialization", 400), ("errors.unsupportedMediaType", 415),
]  # fmt: skip


@pytest.mark.parametrize(("code", "status"), CODES)
async def test_a_nevisidm_that_tells_everything_is_not_repeated(make_world: Any, code: str, status: int) -> None:
    world = await make_world(3)
    behind(world, Shouter(code, status))
    for root in ROOTS:
        for request in (
            *(WRITES[place] for place in (0, 10, 12, 20, 23, 29)),
            *ASKED[:1],
            ("DELETE", "/Users/u-1", None, {}),
        ):
            answer = await told(world, root, request)
            assert answer.status >= 400, (code, request[:2])
            check_error_text(answer, request)
            assert not INTERNAL.search(answer.body.decode()), answer.body
            for event in world.events:
                assert MARK not in repr(event) or code == MARK, event


# Reprs


SAME_FOR_ALL = ("gateway.mapping.model", "gateway.scim.schema", "gateway.scim.dialect", "gateway.nevisidm.template")


@contextmanager
def watching(found: dict[type, str]) -> Iterator[None]:
    """Collect every value of the gateway's own classes that any of its functions held, if its repr has the mark."""
    seen: dict[int, Any] = {}

    def ours(name: str) -> bool:
        return name.startswith("gateway.") and not name.startswith(("gateway.sandbox", *SAME_FOR_ALL))

    def look(value: Any) -> None:
        kind = type(value)
        if id(value) in seen or not ours(kind.__module__):
            return
        seen[id(value)] = value
        if kind not in found and MARK in f"{value!r}{value if isinstance(value, Exception) else ''}":
            found[kind] = repr(value)

    def watch(frame: Any, event: str, result: Any) -> None:
        if event == "return" and ours(frame.f_globals.get("__name__", "")):
            for value in (result, *frame.f_locals.values()):
                look(value)
                if isinstance(value, list | tuple):
                    for each in value[:3]:
                        look(each)

    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(None)


async def test_no_request_plan_or_error_shows_a_value_in_its_repr(listening: Any) -> None:
    found: dict[type, str] = {}
    for request in WRITES + ASKED:
        with watching(found):
            await told(listening, ROOTS[0], request)
    assert not {kind.__qualname__: text[:300] for kind, text in found.items()}
