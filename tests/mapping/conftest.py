"""What the tests of mappings share: a folder to plant faults in, and mappings made by hand (a User, a Group, database credentials).

The latter need no file and no loader, so the tests of values fail for no other reason than values.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.mapping.folder import ERRORS, find_mappings
from gateway.mapping.leaf import EachGroup, Leaf, Slot, SlotGroup
from gateway.mapping.lenses import build_lens
from gateway.mapping.model import Mapping
from gateway.mapping.record import Field, Place, Record
from gateway.mapping.view import Scene
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import Template, parse_template
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr

HERE = Path(__file__).parent / "folder"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the folder, called `m`, with the shipped error rows."""
    target = tmp_path / "m"
    target.mkdir()
    for file in (*HERE.glob("*.yaml"), find_mappings() / ERRORS):
        (target / file.name).write_text(file.read_text())
    return target


MADE = Place("Made.yaml", 1)
NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
STATE = {"choice": {"active": True, "disabled": False, "archived": False}, "write": {True: "active", False: "disabled"}}


def attr_of(text: str) -> Attr:
    name, _, sub = text.removeprefix("nevis:").partition(".")
    return Attr(name, sub or None, NEVIS if text.startswith("nevis:") else None)


def field_of(path: str) -> Field:
    record, *keys = path.split(".")
    return Field(record, tuple(key for key in keys if key != "*"), keys[-1:] == ["*"])


def leaf(text: str, idm: Any = None, lens: Any = None, says: Any = None, **schema: Any) -> Leaf:
    """One attribute line; `says` is its `from`."""
    attr = attr_of(text)
    targets = idm if isinstance(idm, dict) else None
    built = build_lens(lens, targets, iterations=10)
    fields = {key: field_of(path) for key, path in (targets or ({"": idm} if idm else {})).items()}
    origin: dict[str, Template | bool | int] = {}
    if says is not None:
        origin[""] = parse_template(says) if isinstance(says, str) else says
        schema.setdefault("mutability", "readOnly")
    declared = Attribute(
        attr.sub or attr.name, schema.pop("type", built.shows), multi_valued=built.shows_many, **schema
    )
    return Leaf(attr, declared, MADE, built, fields, origin)


def slots(text: str, *places: dict[str, Any], unmatched: Any = "reject") -> SlotGroup:
    made = []
    for place in places:
        leaves = {name: leaf(f"{text}.{name}", *each) for name, each in place.items() if isinstance(each, tuple)}
        made.append(Slot({name: each for name, each in place.items() if not isinstance(each, tuple)}, leaves, MADE))
    return SlotGroup(attr_of(text), Attribute(text, "complex", True), tuple(made), unmatched, MADE)


def each(text: str, source: str, *leaves: Leaf, **schema: Any) -> EachGroup:
    subs = {one.schema.name.lower(): one.schema for one in leaves}
    declared = Attribute(text.removeprefix("nevis:"), "complex", True, subs=subs, **schema)
    return EachGroup(attr_of(text), declared, source, {one.attr.sub or "": one for one in leaves}, MADE)


def record(name: str, read: str | None, update: str | None = None) -> Record:
    """A record with its read: a call, or a place in another record."""
    if read is None:
        return Record(name, MADE)
    if not read.startswith("/"):
        place = field_of(read)
        return Record(name, MADE, stands_in=place)
    return Record(name, MADE, reads=(Call(f"{name}.read", "GET", parse_template(read)),))


def mapping(name: str, id_: str, records: list[Record], parts: list[Any], **more: Any) -> Mapping:
    kind = ResourceType(name, f"/{name}s", f"urn:{name}", "", {}, {}, frozenset())
    return Mapping(
        name,
        kind,
        MADE,
        "",
        parse_template(id_),
        {"nevis": NEVIS},
        {one.name: one for one in records},
        {one.attr: one for one in parts if isinstance(one, Leaf)},
        {one.attr: one for one in parts if isinstance(one, SlotGroup)},
        {one.attr: one for one in parts if isinstance(one, EachGroup)},
        None,
        {},
        **more,
    )


@pytest.fixture(scope="session")
def make_mapping() -> Callable[..., Mapping]:
    return mapping


@pytest.fixture(scope="session")
def make_leaf() -> Callable[..., Leaf]:
    return leaf


@pytest.fixture(scope="session")
def make_slots() -> Callable[..., SlotGroup]:
    return slots


@pytest.fixture(scope="session")
def scene() -> Scene:
    return Scene(datetime(2026, 6, 1, tzinfo=UTC), "https://scim.example/v2", {"client": "acme", "client.name": "Acme"})


@pytest.fixture(scope="session")
def user() -> Mapping:
    """The User of mapping-format section 4, as far as it takes to have one of each kind."""
    records = [
        record("user", "/core/v1/{client}/users/{user.extId}"),
        record("properties", "user.properties"),
        record("profile", "/core/v1/{client}/users/{user.extId}/profiles"),
        record("unit", "profile"),
        record("profileProperties", "/core/v1/{client}/profiles/{profile.extId}/properties"),
        record("memberships", "/core/v1/{client}/profiles/{profile.extId}/eauthorizations"),
        record("password", None),
    ]
    work = {"type": "work", "primary": True, "value": ("user.contacts.email",)}
    phones = [
        {"type": "work", "value": ("user.contacts.telephone", "phone")},
        {"type": "mobile", "value": ("user.contacts.mobile", "phone")},
    ]
    home = {"type": "work", "country": ("user.address.countryCode", "upper"), "locality": ("user.address.city",)}
    parts = [
        leaf("externalId", "properties.scimExternalId", case_exact=True),
        leaf("userName", "user.loginId", required=True),
        leaf("name.givenName", "user.name.firstName"),
        leaf("name.familyName", "user.name.familyName", required=True),
        leaf("name.formatted", says="{user.name.firstName} {user.name.familyName}"),
        leaf("preferredLanguage", "user.languageCode", "lower"),
        leaf("locale", "user.languageCode", "lower", mutability="readOnly"),
        leaf("active", "user.userState", STATE),
        slots("emails", work),
        slots("phoneNumbers", *phones),
        slots("addresses", home, unmatched="drop"),
        leaf("manager.value", "properties.manager", case_exact=True),
        leaf("manager.type", says="User"),
        leaf("manager.$ref", says="{base}/Users/{properties.manager}", type="reference"),
        leaf("employeeNumber", "properties.number", "number"),
        leaf("tags", "properties.tags", {"split": ","}),
        each(
            "groups",
            "memberships",
            leaf("groups.value", "memberships.enterpriseRoleExtId", case_exact=True),
            leaf("groups.type", says="direct"),
            leaf("groups.$ref", says="{base}/Groups/{memberships.enterpriseRoleExtId}", type="reference"),
            mutability="readOnly",
            returned="request",
        ),
        leaf("password", "password.password", mutability="writeOnly", secret=True),
        leaf("meta.created", "user.created", "instant", mutability="readOnly"),
        leaf("nevis:validTo", "user.validity.to", "instant"),
        leaf("nevis:valid", "user.validity", "within", mutability="readOnly"),
        leaf("nevis:unit", "unit.unitExtId", case_exact=True),
        leaf("nevis:properties.*", "properties.*"),
        leaf("nevis:profile.*", "profileProperties.*"),
        leaf("nevis:classifications.*", "user._classifications.*", mutability="readOnly"),
    ]
    return mapping("User", "{user.extId}", records, parts)


@pytest.fixture(scope="session")
def credential() -> Mapping:
    """The UserDbCredentials of mapping-format section 5."""
    path = "/core/v1/{client}/users/{credential.userExtId}/generic-credentials/{credential.extId}"
    place = "credential.properties."
    targets = {name: place + name for name in ("hash", "salt", "mixedHash", "mixedSalt")}
    parts = [
        leaf("user.value", "credential.userExtId", mutability="immutable", case_exact=True),
        leaf("dbPassword", targets, "verifier", mutability="immutable", secret=True),
        leaf("salt", place + "salt", mutability="readOnly"),
        leaf("expired", "credential.validity.to", "past", mutability="readOnly"),
        leaf("description", place + "description"),
    ]
    return mapping(
        "UserDbCredentials", "{credential.userExtId}~{credential.extId}", [record("credential", path)], parts
    )


@pytest.fixture(scope="session")
def group() -> Mapping:
    """A Group whose members are elements of a list that a client may change."""
    records = [
        record("role", "/core/v1/{client}/eroles/{role.extId}"),
        record("member", "/core/v1/{client}/eroles/{role.extId}/members"),
    ]
    parts = [
        leaf("displayName", "role.name", required=True),
        each(
            "members",
            "member",
            leaf("members.value", "member.userExtId", mutability="immutable", case_exact=True),
            leaf("members.type", says="User"),
        ),
    ]
    return mapping("Group", "{role.extId}", records, parts)
