"""What is known about nevisIDM's calls (reference/nevisidm: endpoints.yaml, dtos.yaml, errors.yaml, query-service.md)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gateway.nevisidm import catalogue
from gateway.nevisidm.catalogue import Entry, find, has

USERS = "/core/v1/clients/{client}/users"
FIELD = re.compile(r"\*|[A-Za-z_]+[0-9]?(\.[A-Za-z]+[0-9]?)*(\.\*)?")
GENERIC = "/core/v1/{client}/users/{credential.userExtId}/generic-credentials"


def entry(method: str, path: str) -> Entry:
    found = find(method, path)
    assert found is not None
    return found


def test_a_call_is_found_whatever_its_holes_are_called() -> None:
    assert find("GET", "/core/v1/{a}/users/{b}") == find("GET", "/core/v1/{client}/users/{user.extId}")
    assert find("GET", "/core/v1/{a}/users/{b}/shoes") is None
    assert find("PUT", "/core/v1/{a}/users/{b}") is None


def test_it_knows_since_when_and_how_surely() -> None:
    assert entry("GET", "/core/v1/clients/{c}/generic-credentials").since == ("7.2405.0", "8.2405.0")
    assert not entry("POST", GENERIC).inferred
    assert entry("GET", "/core/v1/{c}/users/{u}/securid").inferred


@pytest.mark.parametrize(
    ("method", "path", "takes"),
    [
        ("PATCH", "/core/v1/{c}/users/{u}", True),
        ("PATCH", GENERIC + "/{x}", True),
        ("PATCH", "/core/v1/{c}/profiles/{p}/properties", False),
        ("POST", GENERIC, False),
        ("PUT", "/core/v1/{c}/profiles/{p}/unit/{u}", False),
    ],
)
def test_it_knows_which_bodies_carry_the_version(method: str, path: str, takes: bool) -> None:
    assert entry(method, path).takes_version is takes


def test_it_knows_the_fields_of_replies_and_bodies() -> None:
    user = entry("GET", "/core/v1/{c}/users/{u}")
    assert {"version", "name.familyName", "contacts.email", "properties.*", "validity.to"} <= user.reply
    assert not user.many
    assert entry("GET", USERS).many
    assert "created" not in entry("PATCH", "/core/v1/{c}/users/{u}").body
    assert {"user.loginId", "profile.unitExtId", "user.properties.*"} <= entry("POST", "/core/v1/{c}/identity").body
    assert {"identification", "createdBy", "failedLoginCount"} <= entry("GET", GENERIC + "/{x}").reply


def test_it_knows_what_lists_filter_and_sort() -> None:
    users, generic = entry("GET", USERS), entry("GET", "/core/v1/clients/{c}/generic-credentials")
    assert {"loginId", "userState", "properties.*"} <= users.filters
    assert users.inferred_filters == frozenset()
    assert "userState" not in users.sorts
    assert generic.filters == generic.inferred_filters
    assert entry("GET", GENERIC).filters == frozenset()


def test_it_knows_what_the_index_knows() -> None:
    index = catalogue.index("/query/v1/users")
    assert index is not None
    assert {"loginid", "unit.extid", "modified"} <= index.fields
    assert index.sorts == {"name", "firstname", "state", "email", "loginInfo.lastLogin", "loginInfo.lastFailure"}
    assert {"extid", "firstName", "_score"} <= index.hit
    assert catalogue.index("/core/v1/clients/{c}/users") is None
    assert catalogue.index("/query/v1/units") is None


@pytest.mark.parametrize(
    ("fields", "keys", "open_map", "there"),
    [
        ({"name.familyName"}, ("name", "familyName"), False, True),
        ({"name.familyName"}, ("name",), False, False),
        ({"properties.*"}, ("properties", "x"), False, True),
        ({"properties.*"}, ("properties",), True, True),
        ({"properties.*"}, ("properties",), False, True),
        ({"*"}, ("anything",), False, True),
        ({"*"}, (), True, True),
        ({"name"}, ("name",), True, False),
        (set(), ("name",), False, False),
    ],
)
def test_a_field_stands_in_a_set_by_name_or_in_a_free_map(
    fields: set[str], keys: tuple[str, ...], open_map: bool, there: bool
) -> None:
    assert has(frozenset(fields), keys, open_map=open_map) is there


def test_all_162_codes_have_their_statuses() -> None:
    codes = catalogue.codes()
    assert len(codes) == 162
    assert all(statuses and all(400 <= status < 600 for status in statuses) for statuses in codes.values())
    assert codes["errors.noRecord"] == (404,)


def test_every_reply_that_a_call_names_is_described() -> None:
    data = json.loads((Path(catalogue.__file__).parent / "catalogue.json").read_text())
    named = {facts["reply"] for facts in data["calls"].values() if "reply" in facts}
    assert named - set(data["replies"]) == {"QueryEnvelope"}
    assert all(key.split()[0] in ("GET", "POST", "PUT", "PATCH", "DELETE") for key in data["calls"])


def test_every_field_is_one_a_body_can_have() -> None:
    data = json.loads((Path(catalogue.__file__).parent / "catalogue.json").read_bytes())
    bodies = [
        fields for facts in data["calls"].values() for fields in (facts.get("body", ()), facts.get("filters", ()))
    ]
    odd = [field for fields in (*bodies, *data["replies"].values()) for field in fields if not FIELD.fullmatch(field)]
    assert odd == []
    replies = {facts["reply"] for facts in data["calls"].values() if "reply" in facts}
    assert replies - {"QueryEnvelope"} <= data["replies"].keys()
