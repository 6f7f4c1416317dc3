"""Which records are read for what, and after which others."""

from __future__ import annotations

import pytest

from gateway.errors import Unsupported
from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mapping, Mappings
from gateway.mapping.record import Field, Over, Pick, Place, Record
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import parse_template
from gateway.plan.plan import ReadPlan
from gateway.plan.read import identity, plan_read, reasons_for
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr

PLACE = Place("Grant.yaml", 1)


def reading(name: str, *paths: str, **more: object) -> Record:
    calls = tuple(Call(f"{name}.read", "GET", parse_template(path)) for path in paths)
    return Record(name, PLACE, calls, **more)  # type: ignore[arg-type]


def mapping(identifier: str, *records: Record) -> Mapping:
    kind = ResourceType("Grant", "/Grants", "urn:x", "", {}, {}, frozenset())
    by_name = {record.name: record for record in records}
    return Mapping("Grant", kind, PLACE, "", parse_template(identifier), {}, by_name, {}, {}, {}, None, {})


GRANT = mapping(
    "{profile.extId}~{grant.extId}",
    reading("profile", "/{client}/profiles/{profile.extId}", "/{client}/users/{profile.userExtId}/profiles"),
    reading("grant", "/{client}/profiles/{profile.extId}/authorizations/{grant.extId}"),
    reading(
        "role",
        "/{client}/profiles/{profile.extId}/roles",
        pick=Pick(((("extId",), parse_template("{grant.roleExtId}")),)),
    ),
)


@pytest.fixture(scope="module")
def shipped() -> Mappings:
    return load(find_mappings())


def names(plan: ReadPlan) -> list[str]:
    return [read.record for read in plan.reads]


def planned(mapping: Mapping, *records: str, **more: frozenset[str]) -> list[str]:
    return names(plan_read(mapping, frozenset(records), **more))


def test_nothing_wanted_is_nothing_read(shipped: Mappings) -> None:
    plan = plan_read(shipped.by_name["User"], frozenset())
    assert plan == ReadPlan((), "user")


def test_what_the_id_says_needs_no_read(shipped: Mappings) -> None:
    assert planned(shipped.by_name["User"], "profile") == ["profile"]
    assert planned(shipped.by_name["UserDbCredentials"], "owner") == ["owner"]


def test_a_record_comes_after_those_that_its_holes_come_from(shipped: Mappings) -> None:
    assert planned(shipped.by_name["User"], "roles") == ["profile", "roles"]
    assert planned(shipped.by_name["User"], "roles", "user") == ["user", "profile", "roles"]


def test_a_pick_depends_too() -> None:
    assert planned(GRANT, "role") == ["grant", "role"]


def test_a_record_that_stands_in_another_brings_that_one(shipped: Mappings) -> None:
    plan = plan_read(shipped.by_name["User"], frozenset({"unit", "properties"}))
    assert names(plan) == ["user", "properties", "profile", "unit"]
    assert [read.stands_in for read in plan.reads] == [None, Field("user", ("properties",)), None, Field("profile", ())]


def test_what_is_at_hand_is_not_read_again_nor_what_stands_in_it(shipped: Mappings) -> None:
    user = shipped.by_name["User"]
    assert planned(user, "user", "properties", have=frozenset({"user"})) == []
    assert planned(user, "user", "unit", "roles", have=frozenset({"user", "profile"})) == ["roles"]


def test_a_record_that_cannot_be_read_is_passed_over(shipped: Mappings) -> None:
    assert planned(shipped.by_name["User"], "password") == []


def test_lists_are_taken_whole_where_an_attribute_shows_their_elements(shipped: Mappings) -> None:
    plan = plan_read(shipped.by_name["User"], frozenset({"roles", "memberships", "profile"}))
    assert {read.record for read in plan.reads if read.many} == {"roles", "memberships"}


def test_reads_carry_what_chooses_and_what_belongs(shipped: Mappings) -> None:
    [profile] = plan_read(shipped.by_name["User"], frozenset({"profile"})).reads
    assert profile.pick is not None
    [credential] = plan_read(shipped.by_name["UserDbCredentials"], frozenset({"credential"})).reads
    assert [only.value for only in credential.only] == ["scim-db-"]


def test_every_way_to_read_a_record_is_kept() -> None:
    [profile] = plan_read(GRANT, frozenset({"profile"})).reads
    assert len(profile.calls) == 2


def test_what_only_a_walk_over_everybody_could_bring_is_refused() -> None:
    group = mapping(
        "{role.extId}",
        reading("role", "/{client}/eroles/{role.extId}"),
        reading("profile", "/{client}/users/{profile.userExtId}/profiles"),
        reading("member", "/{client}/profiles/{profile.extId}/eauthorizations", over=Over("profile.userExtId", "User")),
    )
    assert planned(group, "role") == ["role"]
    with pytest.raises(Unsupported, match="every User"):
        plan_read(group, frozenset({"role", "member"}))


def test_records_in_a_circle_are_planned_once() -> None:
    circle = mapping("{a.extId}", reading("a", "/{b.extId}"), reading("b", "/{a.other}"))
    assert sorted(planned(circle, "a")) == ["a", "b"]


def test_a_resource_is_the_records_its_id_names(shipped: Mappings) -> None:
    assert identity(GRANT) == {"profile", "grant"}
    types = {
        "App": "application",
        "Group": "group",
        "User": "user",
        "UserDbCredentials": "credential",
        "UserSecurIdCredentials": "credential",
    }
    for name, record in types.items():
        assert identity(shipped.by_name[name]) == {record}


def test_explain_can_say_which_attribute_wants_which_record(shipped: Mappings) -> None:
    user = shipped.by_name["User"]
    wanting = reasons_for(user, {Attr("userName"), Attr("title"), Attr("groups", "value")})
    assert wanting == {
        "user": (Attr("userName"),),
        "properties": (Attr("title"),),
        "memberships": (Attr("groups", "value"),),
    }
    plan = plan_read(user, frozenset(wanting), reasons=wanting)
    assert {read.record: read.reasons for read in plan.reads if read.reasons} == wanting
