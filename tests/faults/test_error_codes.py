"""Each of nevisIDM's error codes, provoked: what a client is told in both dialects, and that nothing of nevisIDM's own words leaves.

`error_codes.table` says what must come out, and is meant to be read: it was written from the reference (errors.yaml), not from what the
gateway did; where the two differ, a note says why. A code for which `refusing.py` knows a request is refused by a rule of the sandbox,
any other comes by a fault in place of the answer to one PATCH.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.nevisidm import catalogue
from gateway.sandbox.account import Account, Rooms, full_name
from gateway.sandbox.misbehave import App, Message, Receive, Scope, Send
from gateway.sandbox.table import USERS
from tests.faults.raw_types import folder
from tests.faults.refusing import RULES, SOMEBODY, Rule, patch

TABLE = Path(__file__).with_name("error_codes.table")
COLUMNS = ("code", "nevisIDM", "by", "status", "scimType", "messageId")
ROOTS = ("/admin/v1", "/scim/v2")
ORACLE = "urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error"
INTERNAL = re.compile(
    r"ch\.nevis|Exception|stackTrace|suppliedValue|\bpolicyViolation|/nevisidm/|/core/v1|secret-4711"
    r"|\berrors?\.(?!common\.|identity\.)"  # nevisIDM's codes, but not Oracle's messageIds
)
FAULTED = Rule("PATCH", f"/Users/{SOMEBODY}", patch("name.givenName", "Newname"))


@dataclass(frozen=True)
class Row:
    """A line of the table: the status nevisIDM answers with, rule or fault, and what the client is told."""

    code: str
    nevisidm: str
    by: str
    status: str
    scim_type: str
    message_id: str
    note: str = ""


def lines() -> Mapping[str, Row]:
    """The table, by code."""
    rows = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        cells, _, note = line.partition("#")
        if cells.strip():
            row = Row(*cells.split(), note=note.strip())
            rows[row.code] = row
    return rows


ROWS = lines()


class Witness:
    """Stands before the sandbox and keeps its refusals; lets somebody else be quicker, if told so."""

    def __init__(self, app: App, box: Any) -> None:
        self.app, self.box = app, box
        self.quicker = False
        self.heard: list[tuple[int, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.quicker and scope["method"] == "PATCH":
            user = self.box.store.find(USERS, "100", SOMEBODY)
            self.box.store.update(USERS, user, {**user.doc, "remarks": f"changed {user.version}"})
        status = 0

        async def keep(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            if status >= 400 and message.get("body", b"")[:1] == b"{":
                self.heard.append((status, json.loads(message["body"])))
            await send(message)

        await self.app(scope, receive, keep)

    def refused(self, code: str) -> list[int]:
        """The statuses this code came with."""
        return [status for status, body in self.heard for error in body["errors"] if error["code"] == code]

    def sentences(self) -> list[str]:
        """Everything nevisIDM said that is more than the name of a property."""
        said = [error["message"] for _, body in self.heard for error in body["errors"]]
        return [text for text in said if " " in text]


async def prepare(up: Any, rule: Rule) -> Witness:
    """nevisIDM as the rule needs it, behind a witness."""
    box = up.world.box
    witness = Witness(up.world.inner, box)
    up.wrapper.app = witness
    async with httpx.AsyncClient(transport=httpx.ASGITransport(up.world.inner), base_url="http://nevis") as http:
        for method, path, body in rule.before:
            url = path if path.startswith("/") else f"/nevisidm/api/core/v1/{path}"
            reply = await http.request(method, url, json=body, headers={"Authorization": "Bearer technical"})
            assert reply.is_success, reply.text
    if rule.rights:
        box.accounts["technical"] = Account(rights=frozenset({full_name(rule.rights)}))
    if rule.rooms:
        box.accounts["technical"] = Account(rooms=Rooms(units=frozenset({rule.rooms})))
    box.accounts["own-login"] = Account(client="100", user=SOMEBODY, rights=frozenset(), self_admin=True)
    witness.quicker = rule.quicker
    return witness


def told(reply: httpx.Response, root: str) -> tuple[str, str]:
    """scimType or messageId, whichever the dialect has; `-` for none."""
    said = reply.json()
    assert said["status"] == str(reply.status_code)
    if root == "/scim/v2":
        assert ORACLE not in said
        return "scimType", said.get("scimType", "-")
    assert "scimType" not in said
    return "messageId", said[ORACLE]["messageId"]


def check_secrecy(reply: httpx.Response, rule: Rule, witness: Witness) -> None:
    """No code, class, stack, path or sentence of nevisIDM; no value of the request in the detail."""
    shown = reply.text + json.dumps(dict(reply.headers))
    assert not INTERNAL.search(shown), shown
    assert not [text for text in witness.sentences() if text in shown]
    detail = reply.json()["detail"]
    assert len(detail) > 20
    assert not [value for value in leaves(rule.body) if value in detail], detail


def leaves(body: Any) -> Iterator[str]:
    """The values a client sent, without those that say where they go."""
    if isinstance(body, dict):
        for name, value in body.items():
            if name not in ("schemas", "op", "path", "type"):
                yield from leaves(value)
    elif isinstance(body, list):
        for value in body:
            yield from leaves(value)
    elif isinstance(body, str) and len(body) > 5:
        yield body


def test_the_table_has_every_code_once() -> None:
    known = catalogue.codes()
    assert ROWS.keys() == known.keys()
    assert not [code for code, row in ROWS.items() if int(row.nevisidm) not in known[code]]
    written = [line.split()[0] for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:1] not in ("", "#")]
    assert len(written) == len(ROWS) == 162
    assert {code for code, row in ROWS.items() if row.by == "rule"} == RULES.keys()


def test_most_codes_come_by_a_real_rule(capsys: pytest.CaptureFixture[str]) -> None:
    ruled = [row for row in ROWS.values() if row.by == "rule"]
    with capsys.disabled():
        print(
            f"\n{len(ruled)} of {len(ROWS)} error codes by a rule of the sandbox, {len(ROWS) - len(ruled)} by a fault"
        )
    assert len(ruled) > len(ROWS) / 2


@pytest.mark.parametrize("root", ROOTS, ids=["idcs", "rfc"])
@pytest.mark.parametrize("code", ROWS)
async def test_what_a_client_is_told(
    make_upstream: Any, tmp_path: Path, pytestconfig: Any, code: str, root: str
) -> None:
    row, rule = ROWS[code], RULES.get(code, FAULTED)
    settings = {"mappings": folder(tmp_path, rule.raw)} if rule.raw else {}
    up = await make_upstream(switches=dict(rule.switches), **settings)
    witness = await prepare(up, rule)
    if row.by == "fault":
        fault = up.fault("status", status=int(row.nevisidm), code=code, method="PATCH", path=f"/users/{SOMEBODY}$")
    headers = {"Authorization": "Bearer own-login", "X-Token": "no-token"} if rule.as_self else {}

    reply = await up.send(rule.method, root + rule.path, rule.sent, **headers)

    if row.by == "fault":
        assert up.wrapper.struck(fault) > 0
    else:
        assert int(row.nevisidm) in witness.refused(code), witness.heard
    name, value = told(reply, root)
    if pytestconfig.getoption("accept"):
        accept(row, reply.status_code, name, value)
        return
    assert (str(reply.status_code), name, value) == (
        row.status,
        name,
        row.scim_type if name == "scimType" else row.message_id,
    )
    check_secrecy(reply, rule, witness)


def accept(row: Row, status: int, name: str, value: str) -> None:
    """Writes what came out into the table (`--accept`); read the diff."""
    now = lines()[row.code]
    after = replace(now, status=str(status), **{"scim_type" if name == "scimType" else "message_id": value})
    text = TABLE.read_text(encoding="utf-8").splitlines()
    text[next(place for place, line in enumerate(text) if line.split(" ")[0] == row.code)] = written(after)
    TABLE.write_text("\n".join(text) + "\n", encoding="utf-8")


def written(row: Row) -> str:
    """A line of the table."""
    line = f"{row.code:<52} {row.nevisidm:<8} {row.by:<5} {row.status:<6} {row.scim_type:<13} {row.message_id}"
    return f"{line:<150} # {row.note}".rstrip() if row.note else line
