"""Every kind of write, every fault, at every one of its nevisIDM calls: what the table test runs, and the one promise it checks.

A write that met a fault either did all of what it says (2xx), or nothing (a clear error), or says that nobody knows (GW506), or names what
is left (GW505). The sandbox's own store is the judge.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import httpx

from gateway.sandbox.misbehave import Fault
from gateway.sandbox.table import TABLES

IDCS, RFC = "/admin/v1", "/scim/v2"
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GENERIC = "urn:ietf:params:scim:schemas:nevisidm:2.0:UserGenericCredentials"
GRANT = "urn:ietf:params:scim:schemas:oracle:idcs:Grant"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PATCH = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}

State = dict[tuple[str, str, str], Any]


def somebody(name: str = "newcomer", **more: Any) -> dict[str, Any]:
    return {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "New", "familyName": "Comer"},
        "emails": [{"value": f"{name}@example.org", "type": "work", "primary": True}],
        **more,
    }


def patched(*operations: dict[str, Any]) -> dict[str, Any]:
    return {**PATCH, "Operations": list(operations)}


def replaced(**values: Any) -> dict[str, Any]:
    return patched({"op": "replace", "value": values})


FULL = somebody(
    password="Correct-Horse-1", title="Engineer", **{NEVIS: {"profile": {"costCentre": "CC-1"}, "properties": {"building": "B"}}}
)  # fmt: skip
TWO_RECORDS = replaced(**{"name.familyName": "Changed", "title": "Head", NEVIS: {"profile": {"costCentre": "CC-1"}}})
MEMBERS = [{"value": "u-1005"}, {"value": "u-1006"}, {"value": "u-1007"}]
SHAPES: dict[str, tuple[str, str, Any]] = {
    "a user": ("POST", f"{IDCS}/Users", somebody()),
    "a user with profile, properties and password": ("POST", f"{RFC}/Users", FULL),
    "a credential": ("POST", f"{IDCS}/UserGenericCredentials",
                     {"schemas": [GENERIC], "user": {"value": "u-1005"}, "identification": "door-77", "properties": {"note": "n"}}),
    "a grant": ("POST", f"{IDCS}/Grants",
                {"schemas": [GRANT], "grantee": {"type": "User", "value": "u-1005"}, "grantMechanism": "ADMINISTRATOR_TO_USER",
                 "entitlement": {"attributeName": "appRoles", "attributeValue": "portal~portal-reader"}}),
    "a group with members": ("POST", f"{RFC}/Groups", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                                                       "displayName": "Crew", "members": MEMBERS}),
    "one record": ("PATCH", f"{IDCS}/Users/u-1001", replaced(**{"name.familyName": "Changed"})),
    "two records": ("PATCH", f"{RFC}/Users/u-1001", TWO_RECORDS),
    "a whole user": ("PUT", f"{IDCS}/Users/u-1001", somebody("bjensen", title="Head")),
    "a password": ("PATCH", f"{IDCS}/Users/u-1001", replaced(password="Correct-Horse-1")),
    "members": ("PATCH", f"{RFC}/Groups/employee", patched({"op": "add", "path": "members", "value": MEMBERS})),
    "a member that leaves": ("PATCH", f"{IDCS}/Groups/employee", patched({"op": "remove", "path": 'members[value eq "u-1004"]'})),
    "a user that goes": ("DELETE", f"{IDCS}/Users/u-1001", None),
    "a group that goes": ("DELETE", f"{RFC}/Groups/employee", None),
    "a bulk": ("POST", f"{IDCS}/Bulk", {"schemas": [BULK], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "one", "data": somebody(password="Correct-Horse-1")},
        {"method": "PATCH", "path": "/Users/u-1002", "data": TWO_RECORDS},
        {"method": "DELETE", "path": "/Users/u-1003"}]}),
}  # fmt: skip

TIMEOUT = "timeout"  # stands for a connection that falls silent, without the wait
ONCE: dict[str, Fault] = {
    "reset before": Fault("reset_before"),
    "reset after": Fault("reset_after"),
    "silence before": Fault("reset_before", code=TIMEOUT),
    "silence after": Fault("reset_after", code=TIMEOUT),
    "500": Fault("status", status=500),
    "502 after": Fault("status_after", status=502),
    "429": Fault("status", status=429, retry_after=3),
    "503": Fault("status", status=503, retry_after=3),
    "401": Fault("status", status=401),
    "403": Fault("status", status=403, code="errors.insufficientRightsFunction"),
    "a proxy's page": Fault("html404"),
    "not JSON after": Fault("not_json"),
    "empty after": Fault("empty"),
    "delivered twice": Fault("twice"),
    "late": Fault("none", latency=0.001),
}
LASTING = ("reset before", "reset after", "silence after", "500", "401")


@dataclass(frozen=True, slots=True)
class Told:
    """What a client was told about one change: a code of ours, None for success."""

    status: int
    code: str | None
    detail: str


def told(answer: httpx.Response) -> Told:
    code = answer.headers.get("proxy-status", "").partition('details="')[2].rstrip('"') or None
    return Told(answer.status_code, code, "" if code is None else answer.json().get("detail", ""))


class Judge:
    """The store before and after, freed of what no two runs have in common."""

    def __init__(self, box: Any) -> None:
        self.box = box
        self._kept = box.store.connection.serialize()
        self._before = self._rows()

    def restore(self) -> None:
        """As it was; numbers begin again."""
        self.box.store.connection.deserialize(self._kept)
        numbers = itertools.count(1)
        self.box.new_id = lambda: f"box-{next(numbers):04}"

    def state(self) -> State:
        return {key: self._compared(key, row) for key, row in self._rows().items()}

    def _rows(self) -> State:
        rows = {}
        for table in TABLES:
            for row in self.box.store.rows(table, "1 = 1"):
                rows[(table.name, row.parent if row.ext_id.startswith("box-") else "", row.ext_id)] = {
                    "parent": row.parent,
                    **row.doc,
                }
        return rows

    def _compared(self, key: tuple[str, str, str], doc: dict[str, Any]) -> dict[str, Any]:
        """A secret is stored salted: of it only counts whether it is another one than before."""
        before = self._before.get(key, {})
        dull = {name: value for name, value in doc.items() if name not in DULL}
        return {name: (value == before.get(name)) if name[0] == "_" else value for name, value in dull.items()}


DULL = ("lastChangeDate", "passwordHistory", "_history")


def differs(one: State, other: State) -> dict[Any, Any]:
    """The rows that are not alike, for a failure's text."""
    return {key: (one.get(key), other.get(key)) for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
