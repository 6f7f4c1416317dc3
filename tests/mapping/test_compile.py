"""What a file's words become: calls, records, leaves, routes, rows, actions."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.mapping.action import Do, Find
from gateway.mapping.alias import expand, read_attr
from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mapping, Mappings
from gateway.mapping.record import Field, Only, Over
from gateway.nevisidm.template import Template
from gateway.scim.tree import And, Attr, Compare, Not, Present

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
IDCS = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User"


@pytest.fixture(scope="module")
def shipped() -> Mappings:
    return load(find_mappings())


@pytest.fixture(scope="module")
def user(shipped: Mappings) -> Mapping:
    return shipped.by_name["User"]


def test_a_record_has_its_calls_by_name_with_parsed_holes(user: Mapping) -> None:
    record = user.records["user"]
    read = record.reads[0]
    assert (read.name, read.method, read.path.holes) == ("user.read", "GET", ("client", "user.extId"))
    assert record.update is not None
    assert (record.update.call.name, record.update.send) == ("user.update", None)
    assert record.create is None
    assert {keys: value.text for keys, value in record.fill.items() if isinstance(value, Template)} == {
        ("extId",): "{uuid}"
    }


def test_a_record_may_stand_in_another(user: Mapping) -> None:
    assert user.records["properties"].stands_in == Field("user", ("properties",))
    assert user.records["unit"].stands_in == Field("profile", ())
    assert user.records["password"].readable is False


def test_a_body_that_is_not_the_changes_is_a_map_of_templates(user: Mapping) -> None:
    update = user.records["password"].update
    assert update is not None
    assert update.send is not None
    assert update.send["newPassword"].holes == ("password.password",)
    assert user.records["password"].missing_create


def test_pick_and_only_are_conditions(user: Mapping, shipped: Mappings) -> None:
    pick = user.records["profile"].pick
    assert pick is not None
    assert [(keys, value.text) for keys, value in pick.conditions] == [(("isDefaultProfile",), "true")]
    assert shipped.by_name["UserDbCredentials"].records["credential"].only == (
        Only(("identification",), "starts", "scim-db-"),
    )


def test_leaves_stand_in_file_order_under_their_attributes(user: Mapping) -> None:
    attrs = list(user.leaves)
    assert attrs[:3] == [Attr("externalId"), Attr("userName"), Attr("name", "givenName")]
    assert user.leaves[Attr("unit", urn=NEVIS)].first == Field("unit", ("unitExtId",))
    assert user.leaves[Attr("userName")].routes == {"index": "loginid"}


def test_a_free_map_is_an_open_field_under_a_star(user: Mapping) -> None:
    assert user.leaves[Attr("properties", "*", NEVIS)].first == Field("properties", (), open=True)
    assert user.leaves[Attr("classifications", "*", NEVIS)].first == Field("user", ("_classifications",), open=True)


def test_sub_attributes_of_slots_and_lists_are_no_leaves_of_the_mapping(user: Mapping) -> None:
    assert not {Attr("emails", "value"), Attr("groups", "value")} & set(user.leaves)
    assert user.slots[Attr("emails")].slots[0].constants == {"type": "work", "primary": True}
    assert list(user.each[Attr("appRoles", urn=IDCS)].leaves) == [
        *("value", "display", "appId", "appName", "adminRole", "legacyGroupName", "$ref")
    ]


def test_every_place_is_the_line_of_its_key(user: Mapping) -> None:
    lines = (find_mappings() / "User.yaml").read_text().splitlines()
    for leaf in user.leaves.values():
        key = lines[leaf.place.line - 1][leaf.place.column - 1 :].partition(":")[0]
        assert key in user.aliases or Attr(*key.split(".")) == leaf.attr


def test_a_lens_with_targets_has_a_field_for_each(shipped: Mappings) -> None:
    leaf = shipped.by_name["UserDbCredentials"].leaves[Attr("dbPassword")]
    assert list(leaf.idm) == ["hash", "salt", "mixedHash", "mixedSalt"]
    assert leaf.first == Field("credential", ("properties", "dbPassword"))
    assert leaf.lens.name == "verifier"


def test_a_route_knows_what_the_catalogue_knows(user: Mapping, shipped: Mappings) -> None:
    assert user.search is not None
    routes = {route.name: route for route in user.search.routes}
    assert {"loginId", "contacts.email", "properties.*"} <= routes["list"].filters
    assert routes["list"].inferred == frozenset()
    assert "lastModified" in routes["list"].sorts
    assert {"loginid", "unit.extid"} <= routes["index"].filters
    assert routes["index"].guard["client.extid"].text == "{client}"
    db = shipped.by_name["UserDbCredentials"].search
    assert db is not None
    assert [(route.name, route.since, bool(route.inferred)) for route in db.routes] == [
        ("user", ("2.73.0",), False),
        ("list", ("7.2405.0", "8.2405.0"), True),
        ("walk", ("2.73.0",), False),
    ]
    assert db.routes[2].over == Over("credential.userExtId", "User")


def test_operations_are_records_and_calls(user: Mapping) -> None:
    first, *others = user.operations["create"]
    assert first.call is not None
    assert first.undo is not None
    assert (first.call.name, dict(first.send)) == ("user.create", {"user": "user", "profile": "profile"})
    assert (first.undo.name, first.undo.method) == ("user.undo", "DELETE")
    lists = ["saml", "generic", "memberships", "profiles"]
    assert [step.record for step in others] == ["profileProperties", "password", "lock", *lists]


def test_self_service_and_required_attributes(user: Mapping, shipped: Mappings) -> None:
    assert user.self_service is not None
    assert (user.self_service.attr, user.self_service.at) == (Attr("id"), "/Me")
    assert user.required == {Attr("userName"), Attr("name", "givenName"), Attr("name", "familyName"), Attr("emails")}
    assert shipped.by_name["UserDbCredentials"].required == {Attr("user", "value"), Attr("dbPassword")}


def test_an_action_has_ways_outcomes_and_a_bound_filter(shipped: Mappings) -> None:
    mapping = shipped.by_name["PasswordAuthenticator"]
    assert mapping.action is not None
    assert list(mapping.action.ways) == ["User", "App"]
    find, do = mapping.action.ways["User"][:2]
    assert isinstance(find, Find)
    assert isinstance(do, Do)
    assert find.where == Compare(Attr("technicalUser", urn=NEVIS), "ne", True)
    assert (find.none, find.many) == (None, "unknown")
    assert do.means["stateName"]["fail-locked"] == "locked"
    assert do.means["validity.to"] == {"past": "expired"}
    assert mapping.action.outcomes["appDisabled"].bare
    assert mapping.action.data["csr"] is False
    assert (mapping.action.rate_key, mapping.action.rate) == (("client_ip", "mappingAttributeValue"), "10/minute")


def test_means_are_tables_of_texts(shipped: Mappings) -> None:
    action = shipped.by_name["PasswordAuthenticator"].action
    assert action is not None
    login = next(step for step in action.ways["User"] if isinstance(step, Do) and step.name == "login")
    assert login.means == {"statusCode": {"5": "ok", "2": "wrong", "3": "wrong", "4": "locked", "9": "locked"}}


def test_an_action_copies_what_the_found_type_has(shipped: Mappings) -> None:
    mapping = shipped.by_name["PasswordAuthenticator"]
    roles = mapping.each[Attr("appRoles")]
    assert (roles.source, roles.copies, roles.asked) == ("subject.idcs:appRoles", True, "includeMemberships")
    assert {"value", "display", "adminrole", "legacygroupname", "type"} <= set(roles.schema.subs)
    assert mapping.leaves[Attr("type")].origin["App"] == Template("App", ("App",))


def test_error_rows_keep_their_circumstances(shipped: Mappings) -> None:
    by_line = {row.place.line: row for row in shipped.errors}
    assert len(by_line) == len(shipped.errors)
    rest = next(row for row in shipped.errors if row.when.rest)
    assert (rest.when.codes, rest.status, rest.scim_type) == (None, 400, "invalidValue")
    same = next(row for row in shipped.errors if row.status is None)
    assert same.when.http == ("403", "404", "409", "415")
    assert shipped.errors[-1].when.any
    own = shipped.by_name["PasswordAuthenticator"].errors
    assert [(row.outcome, row.when.call) for row in own] == [("disabled", "login"), ("wrong", "login")]


def test_aliases_are_written_out_before_names_only() -> None:
    aliases = {"nevis": "urn:n", "x": "urn:x"}
    text = 'nevis:unit eq "nevis:unit" and not (x:a pr) and urn:nevis:b pr'
    assert expand(text, aliases) == 'urn:n:unit eq "nevis:unit" and not (urn:x:a pr) and urn:nevis:b pr'
    assert read_attr("nevis:a.b", aliases) == Attr("a", "b", "urn:n")
    assert read_attr("other:a", aliases) is None


def test_a_filter_in_a_mapping_is_bound_to_the_type_it_searches(folder: Path) -> None:
    text = (folder / "Door.yaml").read_text()
    where = "not (more:technical pr) and username eq emails"
    (folder / "Door.yaml").write_text(text.replace("more:technical ne true", where.replace("emails", '"emails"')))
    action = load(folder).by_name["Door"].action
    assert action is not None
    find = action.ways["Person"][0]
    assert isinstance(find, Find)
    more = Attr("technical", urn="urn:example:params:scim:schemas:More")
    assert find.where == And((Not(Present(more)), Compare(Attr("userName"), "eq", "emails")))
