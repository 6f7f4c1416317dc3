"""`explain`: what a request would become, for every operation; nothing is sent unless asked for, and no secret is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main

USER = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "zoe",
    "name": {"givenName": "Zoe", "familyName": "Top"},
    "emails": [{"value": "zoe@example.org", "type": "work", "primary": True}],
    "password": "Hidden-Secret-1",
}
PATCH = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    "Operations": [{"op": "replace", "path": "title", "value": "Guide"}],
}
Explain = Callable[..., Result]


@pytest.fixture
def explain(monkeypatch: pytest.MonkeyPatch) -> Explain:
    monkeypatch.delenv("GATEWAY_NEVISIDM__URL", raising=False)

    def run(*arguments: str, body: Any = None) -> Result:
        options = [*arguments, *(["--body", "-"] if body is not None else [])]
        return CliRunner().invoke(main, ["explain", *options], input=json.dumps(body) if body is not None else None)

    return run


def test_a_search_shows_the_tree_the_routes_and_the_place_of_what_is_left(explain: Explain) -> None:
    said = explain('GET /admin/v1/Users?filter=userName sw "b" and nevis:unit eq "it"')
    assert said.exit_code == 0
    assert "routes   list" in said.output
    assert 'nevis:unit eq "it"' in said.output
    assert "User.yaml:" in said.output
    assert "ran " not in said.output


def test_a_method_may_be_left_out_when_it_is_get(explain: Explain) -> None:
    assert "GET /core/v1/100/users/u-1001" in explain("/scim/v2/Users/u-1001").output


def test_a_create_shows_its_calls_and_hides_its_secret(explain: Explain) -> None:
    said = explain("POST /admin/v1/Users", body=USER)
    assert said.exit_code == 0
    assert "POST /core/v1/100/identity" in said.output
    assert "taken back by: DELETE" in said.output
    assert "***" in said.output
    assert "Hidden-Secret-1" not in said.output


def test_a_change_shows_what_is_read_and_what_may_be_written(explain: Explain) -> None:
    said = explain("PATCH /admin/v1/Users/u-1001", body=PATCH)
    assert "GET /core/v1/100/users/u-1001" in said.output
    assert "PATCH /core/v1/{client}/users/{user.extId}/properties" in said.output


def test_a_delete_is_one_call(explain: Explain) -> None:
    assert (
        "DELETE /core/v1/100/users/u-1/securid"
        in explain("DELETE /admin/v1/UserSecurIdCredentials/u-1~~securid").output
    )


def test_an_action_shows_its_steps(explain: Explain) -> None:
    body = {"schemas": [], "mappingAttributeValue": "x", "password": "Hidden-Secret-1"}
    body["schemas"] = ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"]
    said = explain("POST /admin/v1/PasswordAuthenticator", body=body).output
    assert "find one User" in said
    assert "Hidden-Secret-1" not in said


def test_json_is_for_machines(explain: Explain) -> None:
    told = json.loads(explain("--json", "--run", 'GET /admin/v1/Users?filter=userName eq "bjensen"').output)
    assert told["plan"]["push"] == "loginId_IEQ=bjensen"
    assert told["run"]["answer"]["body"]["totalResults"] == 1
    assert told["run"]["calls"][0]["status"] == 200


def test_verifiers_are_hidden_in_what_ran(explain: Explain) -> None:
    said = explain("--run", 'GET /admin/v1/UserDbCredentials?filter=user.value eq "u-1001"')
    assert '"dbPassword": "***"' in said.output
    assert '"mixedSalt": "***"' in said.output


def test_writes_need_to_be_allowed(explain: Explain) -> None:
    assert explain("--run", "PATCH /admin/v1/Users/u-1001", body=PATCH).exit_code == 2
    said = explain("--run", "--write", "PATCH /admin/v1/Users/u-1001", body=PATCH)
    assert said.exit_code == 0
    assert "PATCH /core/v1/100/users/u-1001/properties → 200" in said.output


def test_a_refused_request_says_why(explain: Explain) -> None:
    said = explain('GET /admin/v1/Users?filter=usrName eq "b"')
    assert said.exit_code == 1
    assert "GW105" in said.output
    assert 'did you mean "userName"' in said.output


def test_an_address_outside_is_wrong_usage(explain: Explain) -> None:
    assert explain("GET /nowhere").exit_code == 2


def test_a_create_says_what_it_looks_up_first_and_proves_afterwards(explain: Explain) -> None:
    role = {"displayName": "New", "app": {"value": "portal"}, "legacyGroupName": "Portal.New"}
    body = {"schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:AppRole"], **role}
    said = explain("POST /admin/v1/AppRoles", body=body)
    assert said.exit_code == 0, said.output
    assert "first    1  GET /core/v1/clients/100/applications" in said.output
    assert "if legacyGroupName is not as it was sent, it is taken back" in said.output
    gone = explain("DELETE /admin/v1/AppRoles/portal~x")
    assert "first    the resource is read: it must be there, and the tenant's" in gone.output


def told_tag(explain: Explain, address: str) -> str:
    """The entity tag that a read of it has now."""
    answer = json.loads(explain("--json", "--run", f"GET {address}").output)["run"]["answer"]
    return str(answer["body"]["meta"]["version"])


def test_what_an_if_match_has_read_is_shown(explain: Explain) -> None:
    """A PATCH of the title reads the user; a tag of a whole person speaks of the profile, too, and of what was asked for besides."""
    alone = explain("PATCH /scim/v2/Users/u-1001", body=PATCH).output
    assert "/profiles" not in alone.partition("writes")[0]
    assert "If-Match" not in alone

    tag = told_tag(explain, "/scim/v2/Users/u-1001?attributeSets=all")
    said = explain("PATCH /scim/v2/Users/u-1001", "--header", f"If-Match: {tag}", body=PATCH).output
    read, _, rest = said.partition("if  ")
    assert "GET /core/v1/100/users/u-1001/profiles" in read
    assert "If-Match is compared first, by" in rest
    assert "profile" in rest.partition("writes")[0]
    facts = json.loads(
        explain("--json", "PATCH /scim/v2/Users/u-1001", "--header", f"If-Match: {tag}", body=PATCH).output
    )
    assert facts["plan"]["condition"]["header"] == "If-Match"
    assert {"user", "profile"} <= set(facts["plan"]["condition"]["records"])


def test_the_reads_that_are_told_are_the_reads_that_are_made(explain: Explain) -> None:
    tag = told_tag(explain, "/scim/v2/Users/u-1001?attributeSets=all")
    for request in ("GET /scim/v2/Users/u-1001?attributes=userName", "DELETE /scim/v2/Users/u-1001"):
        options = ("--json", "--run", "--write", request, "--header", f"If-Match: {tag}")
        told = json.loads(explain(*options).output)
        plan = told["plan"]
        reads = [each["call"] for each in plan.get("first", plan["calls"]) if each["call"].startswith("GET")]
        foretold = {re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(call.partition(" or ")[0])) for call in reads}
        made = {each["call"] for each in told["run"]["calls"] if each["call"].startswith("GET")}
        assert len(made) > 2
        assert all(any(re.fullmatch(shape, call) for shape in foretold) for call in made)
        open_ones = {shape for shape in foretold if "[^/]+" in shape}  # of the elements of a list, which may be empty
        assert all(any(re.fullmatch(shape, call) for call in made) for shape in foretold - open_ones)


def test_a_tag_of_another_type_on_the_same_record_shows_what_it_reads(explain: Explain) -> None:
    tag = told_tag(explain, "/admin/v1/Users/u-1001?attributeSets=all")
    body = {"schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:UserStatusChanger"], "active": True}
    said = explain("PUT /admin/v1/UserStatusChanger/u-1001", "--header", f"If-Match: {tag}", body=body).output
    assert "the tag came from User, whose records are read for it" in said


def test_a_delete_without_condition_reads_nothing_and_with_one_says_what(explain: Explain) -> None:
    assert "first" not in explain("DELETE /scim/v2/Users/u-1001").output
    said = explain("DELETE /scim/v2/Users/u-1001", "--header", "If-Match: *").output
    assert "the resource is read: it must be there" in said
    assert "nothing but that the resource is there" in said


def test_a_header_that_is_none_is_refused(explain: Explain) -> None:
    said = explain("/scim/v2/Users/u-1001", "--header", "If-Match")
    assert (said.exit_code, "Name: value" in said.output) == (2, True)
