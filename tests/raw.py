"""Requests as raw ASGI messages, since every HTTP client would mend or refuse the odd ones, and what every answer to one must be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from gateway.errors import CODES
from gateway.events import ConsumerFailed, Crashed

IDCS, RFC = "/admin/v1", "/scim/v2"
ROOTS = (IDCS, RFC)
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
ORACLE = "urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
STORED = ("/Users", "/UserDbCredentials", "/UserGenericCredentials", "/UserSecurIdCredentials")
ACTION = "/PasswordAuthenticator"
CURE = re.compile(
    r"must|send|sent by|search|see |give|correct|did you mean|lists? |allowed|offers?|split|use |add |leave|remove|expected|ask|read"
    r"|choose|name |missing required|needs|takes|spell|encode|log in|compared with|without brackets|no resource needs more"
    r"|is immutable|does not know the operator|(longer|more) than \d+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return self.headers["proxy-status"].partition('"')[2].rstrip('"')


async def send(
    world: Any, method: str, target: str, body: bytes | Iterable[bytes] = b"", headers: dict[str, str] | None = None
) -> Answer:
    """One request as a server would hand it on; `target` as on the wire, but for characters that stand for their UTF-8 bytes."""
    path, _, query = target.partition("?")
    chunks = [body] if isinstance(body, bytes) else list(body)
    given = {"authorization": "Bearer caller-token", "host": "gateway.example", **(headers or {})}
    if any(chunks) and "content-type" not in given:
        given["content-type"] = "application/scim+json"
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"), "raw_path": path.encode(), "query_string": query.encode(),
        "root_path": "", "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in given.items() if v],
        "client": ("192.0.2.1", 1), "server": ("gateway.example", 80),
    }  # fmt: skip
    parts = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks[:-1]]
    parts.append({"type": "http.request", "body": chunks[-1], "more_body": False})
    sent: list[Any] = []

    async def receive() -> Any:
        return parts.pop(0) if parts else {"type": "http.disconnect"}

    async def keep(message: Any) -> None:
        sent.append(message)

    world.events.clear()
    await world.app(scope, receive, keep)
    found = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, b"".join(each.get("body", b"") for each in sent[1:]))


def check_calm(world: Any, answer: Answer) -> None:
    """Nothing of ours broke."""
    bad = [event for event in world.events if isinstance(event, Crashed | ConsumerFailed)]
    assert not bad
    assert answer.status < 500 or (answer.status, answer.code) == (501, "GW116"), answer.body
    assert b"Traceback" not in answer.body


def check_error(world: Any, root: str, answer: Answer, status: int | None = None, code: str | None = None) -> None:
    """A SCIM Error of this dialect."""
    check_calm(world, answer)
    assert 400 <= answer.status < 500 or (answer.status, root) == (501, RFC), answer.body
    assert (status or answer.status, code or answer.code) == (answer.status, answer.code), answer.body
    media = "application/json" if root == IDCS else "application/scim+json"
    assert answer.headers["content-type"] == media
    said = answer.json
    assert said["status"] == str(answer.status)
    assert ERROR in said["schemas"]
    assert len(said["detail"]) > 20
    assert CURE.search(said["detail"]), f"no cure: {said['detail']}"
    row = CODES[answer.code]
    if root == IDCS:
        assert "scimType" not in said
        assert said[ORACLE]["messageId"].startswith("error.")
        assert said["schemas"] == [ERROR, ORACLE]
    else:
        assert ORACLE not in said
        assert said["schemas"] == [ERROR]
        patched = (
            row.code == "GW119" and said.get("scimType") == "invalidValue"
        )  # table 9 keeps invalidSyntax for POST and PUT
        assert said.get("scimType") == row.scim_type or answer.status != row.status or patched
