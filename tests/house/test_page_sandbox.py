"""docs/sandbox.md: switches, sample people and endpoints are made from the sandbox, the catalogue and the shipped mappings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import pytest

from gateway.mapping.load import find_mappings, load
from gateway.mapping.rules.walk import calls
from gateway.nevisidm import catalogue
from gateway.sandbox.app import sandbox
from gateway.sandbox.endpoint import Endpoint
from gateway.sandbox.people import GUIDE
from gateway.sandbox.switches import Switches
from tests.house.page import Page, table

PAGE = "sandbox.md"
API = "/nevisidm/api"
OWN = {  # calls of the gateway itself, beside those of the mappings
    "GET /principal/v1/me": "self-service",
    "GET /core/v1/clients/{}": "probe",
    "GET /core/v1/clients/{}/users": "probe",
    "GET /core/v1/clients/{}/generic-credentials": "probe",
    "GET /query/v1/users": "probe",
}
SCIM = (  # nevisIDM's own SCIM API, which the catalogue leaves out because no mapping can name it
    *("GET /Users", "POST /Users", "POST /Users/.search", "GET /Users/{}", "PATCH /Users/{}", "DELETE /Users/{}"),
    *("POST /Bulk", "GET /ServiceProviderConfig", "GET /Schemas", "GET /Schemas/{}", "GET /ResourceTypes"),
)
WHY_NOT_SCIM = (
    "nevisIDM's own SCIM API. The gateway cannot stand on it: a user's id is an internal number there, a PATCH is not that of RFC 7644, "
    "and there are no groups. Nor does its public documentation say enough to emulate it: which filters and attributes it knows, the URNs "
    "of its extensions, and the form of profiles, authorizations and credentials inside a user are not told."
)
ALL = 211  # as many as the public documentation of nevisIDM has


@dataclass(frozen=True, slots=True)
class Row:
    """One call of nevisIDM."""

    call: str
    since: str
    known: str
    served: bool
    users: Sequence[str]


def switches() -> str:
    lines = dict(zip((made.name for made in fields(Switches)), Switches.describe(), strict=True))
    rows = []
    for made in fields(Switches):
        values = lines[made.name].removeprefix(f"{made.name}=").split("  ", 1)[0]
        default = ("off", "on")[made.default] if isinstance(made.default, bool) else str(made.default)
        rows.append(
            [
                f"`{made.name}`",
                values,
                f"`{default}`",
                made.metadata["help"].replace("<", "\\<"),
                str(made.metadata["gap"] or ""),
            ]
        )
    return table(["switch", "values", "default", "means", "gap"], rows)


def endpoints() -> Sequence[Row]:
    served = {_shape(each) for each in _served()}
    users = _users()
    rows = [_row(call, call in served, users.get(call, ())) for call in catalogue.paths()]
    known = {row.call for row in rows}
    scim = (f"{each.split()[0]} /scim/v1/{{}}{each.split()[1]}" for each in SCIM)
    return [*rows, *(Row(call, "2.85", "documented", False, ()) for call in scim if call not in known)]


def _row(call: str, served: bool, users: Sequence[str]) -> Row:
    entry = catalogue.find(*call.split(" ", 1))
    assert entry is not None
    return Row(call, " / ".join(entry.since), "inferred" if entry.inferred else "documented", served, users)


def _served() -> Sequence[Endpoint]:
    table_of: Sequence[Endpoint] = sandbox(token="t").state.endpoints
    return [each for each in table_of if not each.path.endswith("/")]


def _shape(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {catalogue.shape(endpoint.path.removeprefix(API))}"


def _users() -> Mapping[str, Sequence[str]]:
    """Which mapping uses a call, and which part of the gateway."""
    users: dict[str, list[str]] = {call: [by] for call, by in OWN.items()}
    for mapping in load(find_mappings()).by_name.values():
        for call, _ in calls(mapping):
            found = users.setdefault(f"{call.method} {catalogue.shape(call.path.text)}", [])
            if mapping.name not in found:
                found.append(mapping.name)
    return users


def endpoint_table() -> str:
    rows = endpoints()
    counts = (
        f"{len(rows)} calls: {sum(row.known == 'documented' for row in rows)} documented, "
        f"{sum(row.known == 'inferred' for row in rows)} inferred; {sum(row.served for row in rows)} served by the sandbox, "
        f"{sum(bool(row.users) for row in rows)} used."
    )
    lines = [
        [f"`{row.call}`", row.since, row.known, "yes" if row.served else "", ", ".join(row.users)]
        for row in sorted(rows, key=lambda row: (row.call.split(" ")[1], row.call))
    ]
    unserved = [row for row in rows if not row.served]
    assert all("/scim/v1/" in row.call for row in unserved), "each call that is not served needs a reason here"
    counts += f"\n\nThe {len(unserved)} that the sandbox does not serve are {WHY_NOT_SCIM}"
    return f"{counts}\n\n{table(['call', 'since', 'known how', 'sandbox', 'used by'], lines)}"


def test_the_switches_are_those_of_the_sandbox(page: Callable[[str], Page]) -> None:
    page(PAGE).holds("switches", switches())


def test_the_people_are_those_of_the_guide(page: Callable[[str], Page]) -> None:
    page(PAGE).holds("people", f"```text\n{GUIDE}```")


def test_the_endpoints_are_those_of_catalogue_sandbox_and_mappings(page: Callable[[str], Page]) -> None:
    page(PAGE).holds("endpoints", endpoint_table())


def test_every_documented_call_of_nevisidm_is_listed() -> None:
    assert len(endpoints()) == ALL
    assert not {_shape(each) for each in _served()} - {row.call for row in endpoints()}


def test_sandbox_and_catalogue_agree_about_releases_and_self_service() -> None:
    """Two readings of the same documentation, kept apart on purpose."""
    for endpoint in _served():
        entry = catalogue.find(endpoint.method, endpoint.path.removeprefix(API))
        assert entry is not None, endpoint.id
        assert endpoint.self_admin is entry.as_caller, endpoint.id
        if entry.since:
            assert entry.since[0].removesuffix(".0") == endpoint.since or endpoint.since in entry.since, endpoint.id


@pytest.mark.parametrize("row", [row for row in endpoints() if row.users], ids=lambda row: row.call)
def test_what_the_gateway_uses_the_sandbox_serves(row: Row) -> None:
    assert row.served, f"{row.call} is used by {', '.join(row.users)}"
