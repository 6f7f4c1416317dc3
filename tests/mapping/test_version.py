"""A version has a part for each thing that a resource is made of, and moves with everything that is shown, and with nothing else."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.mapping.model import Mapping
from gateway.mapping.version import free_parts, named_parts, parts, records_of, shown_parts, version_of
from gateway.scim.tree import Attr

NOW = datetime(2026, 1, 15, tzinfo=UTC)
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
PERSON: dict[str, Any] = {
    "user": {
        "extId": "u1",
        "version": 7,
        "loginId": "bjensen",
        "name": {"firstName": "Barbara", "familyName": "Jensen"},
        "contacts": {"email": "b@example.com"},
        "properties": {"manager": "u2", "costCentre": "100", "_own": "x", "secretKey": "s"},
        "validity": {"to": "2026-01-20T00:00:00Z"},
        "remarks": "nobody maps this",
    },
    "profile": {"extId": "p1", "version": 3, "unitExtId": "100", "remarks": "nor this"},
    "memberships": [{"enterpriseRoleExtId": "e1"}, {"enterpriseRoleExtId": "e2"}],
    "profileProperties": {"function": "Chief"},
}


def version(mapping: Mapping, records: Any, *wanted: str, now: datetime = NOW) -> str:
    attrs = frozenset(_attr(text) for text in wanted) if wanted else None
    return version_of(mapping, records, now, shown_parts(mapping, attrs)) or ""


def _attr(text: str) -> Attr:
    name, _, sub = text.removeprefix("nevis:").partition(".")
    return Attr(name, sub or None, NEVIS if text.startswith("nevis:") else None)


def changed(path: str, value: Any) -> Any:
    records = copy.deepcopy(PERSON)
    *above, last = path.split(".")
    target = records
    for key in above:
        target = target[key]
    target[last] = value
    return records


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("user.version", 8),
        ("user.loginId", "other"),
        ("user.name", {"firstName": "Ann", "familyName": "Jensen"}),
        ("user.contacts.email", "c@example.com"),
        ("user.properties.manager", "u3"),
        ("user.properties.costCentre", "101"),
        ("user.properties.other", "new"),
        ("user.validity", {"to": "2026-01-21T00:00:00Z"}),
        ("profile", {"extId": "p1", "version": 3, "unitExtId": "101"}),
        ("profile", None),
        ("memberships", [{"enterpriseRoleExtId": "e1"}]),
        ("memberships", []),
        ("profileProperties", {"function": "Other"}),
        ("profileProperties", None),
    ],
)
def test_it_moves_with_whatever_could_be_shown(user: Mapping, path: str, value: Any) -> None:
    assert version(user, changed(path, value)) != version(user, PERSON)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("user.remarks", "other"),
        ("user.properties._own", "other"),
        ("user.contacts.mobile", ""),
        ("user.contacts.mobile", None),
        ("user.address", {}),
        ("profile.remarks", "other"),
        ("profile.version", 4),
        ("memberships", [{"enterpriseRoleExtId": "e2"}, {"enterpriseRoleExtId": "e1", "version": 4}]),
        ("password", {"password": "new"}),
    ],
)
def test_it_stays_with_what_nobody_sees_however_it_is_spelt(user: Mapping, path: str, value: Any) -> None:
    assert version(user, changed(path, value)) == version(user, PERSON)


def test_time_alone_moves_it_where_something_shown_follows_from_the_time(user: Mapping) -> None:
    later = NOW + timedelta(days=30)
    assert version(user, PERSON, now=later) != version(user, PERSON)
    assert version(user, PERSON, "groups.value", now=NOW + timedelta(days=1)) == version(user, PERSON, "groups.value")


def test_it_has_the_parts_of_what_is_wanted_and_the_first_one_always(user: Mapping) -> None:
    def records(*wanted: str) -> set[str]:
        return set(records_of(user, shown_parts(user, frozenset(map(_attr, wanted)))))

    assert records("userName") == records() == {"user"}
    assert records("manager.value") == {"user", "properties"}
    assert records("groups.value") == {"user", "memberships"}
    assert records("nevis:unit") == {"user", "unit"}
    assert records("nevis:profile.function") == {"user", "profileProperties"}
    assert records("emails.type") == {"user"}


def test_two_versions_agree_in_what_both_show(user: Mapping) -> None:
    one, other = (set(version(user, PERSON, *wanted).split("-")) for wanted in (("groups.value",), ("nevis:unit",)))
    assert len(one & other) == 1
    assert one | other <= set(version(user, PERSON).split("-"))


def test_a_tag_says_what_it_is_about(user: Mapping) -> None:
    tag = f'W/"{version(user, PERSON, "groups.value")}"'
    assert records_of(user, named_parts(user, tag, None)) == {"user", "memberships"}
    assert records_of(user, named_parts(user, "*", '"7"', "")) == set()


def test_what_stands_in_the_first_record_costs_nothing(user: Mapping) -> None:
    assert records_of(user, free_parts(user)) == {"user", "properties"}


def test_secrets_leave_no_trace(credential: Mapping) -> None:
    def told(**properties: str) -> str:
        return version(credential, {"credential": {"userExtId": "u1", "extId": "c1", "properties": properties}})

    assert told(hash="a", mixedHash="b") == told(hash="c", mixedHash="d")
    assert told(description="a") != told(description="b")


def test_another_line_in_the_mapping_is_another_key(user: Mapping) -> None:
    name = Attr("userName")
    leaf = replace(user.leaves[name], idm={"": replace(user.leaves[name].idm[""], keys=("otherId",))})
    other = replace(user, leaves={**user.leaves, name: leaf})
    mine, yours = set(parts(user)), set(parts(other))
    assert len(mine - yours) == len(yours - mine) == 1
