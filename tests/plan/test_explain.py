"""What a person is told about a plan, and a machine: mapping-format section 12.3. Secrets never."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from gateway.mapping.model import Mapping as Type
from gateway.nevisidm.call import Call
from gateway.nevisidm.template import lookup_in, parse_template
from gateway.plan.explain import explain_read, explain_search, explain_write, search_facts, write_facts
from gateway.plan.plan import WriteCall, WritePlan
from gateway.plan.read import plan_read
from gateway.plan.way import SearchPlan
from gateway.scim.tree import Attr

Plan = Callable[..., SearchPlan]
TENANT = lookup_in({"client": "acme", "client.name": "Acme"})


def test_the_example_of_the_design(plan: Plan, types: Mapping[str, Type]) -> None:
    made = plan('(userName sw "b" or userName sw "c") and active eq true', sort="name.familyName", count=10)
    lines = explain_search(made, types["User"], TENANT)
    text = "\n".join(lines)
    assert lines[0].split()[:2] == ["routes", "list"]
    assert "2 conditions not pushed (a list knows no `or`)" in lines[0]
    assert lines[0].endswith("userState=active")
    assert "chosen: all pushed, but some only roughly" in lines[1]
    assert lines[1].endswith("(loginid:b* OR loginid:c*) AND state:active")
    assert lines[2].startswith('left     userName sw "b" or userName sw "c"    checked on the hits  User.yaml:')
    assert "sort     name.familyName    here: rows are dropped here" in text
    assert "page     startIndex 1, count 10    here" in text
    assert 'GET /query/v1/users?q=((loginid:b* OR loginid:c*) AND state:active) AND clientName:"Acme"&from=0' in text
    assert "2  GET /core/v1/acme/users/{user.extId}    × the rows of the page, 10 at most" in text
    assert "preferredLanguage (User.yaml:" in text
    assert "hint     ask for attributes=" in text
    assert text.endswith("cost     1 to 11 calls; the index may be seconds old")


def test_an_extension_is_named_by_its_alias(plan: Plan, types: Mapping[str, Type]) -> None:
    facts = search_facts(plan('nevis:unit eq "100" and active eq true'), types["User"])
    assert facts["left"] == 'nevis:unit eq "100"'
    assert facts["checked"] == "on further records, read for each hit"


def test_a_page_that_nevis_makes_shows_its_parameters(plan: Plan, types: Mapping[str, Type]) -> None:
    facts = search_facts(plan("active eq true", sort="id", count=10, start_index=21), types["User"], TENANT)
    (call,) = facts["calls"]
    assert call.pop("place").startswith("mappings/User.yaml:")
    assert [call] == [
        {
            "call": "GET /core/v1/clients/acme/users?userState=active&offset=20&limit=10&sortBy=extId_ASC"
            "&returnTotalResultCount=true",
            "times": "",
        }
    ]
    assert facts["cost"] == "1 call"
    assert facts["left"] == "nothing"


def test_a_get_an_impossible_filter_and_no_way_at_all(plan: Plan, types: Mapping[str, Type]) -> None:
    get = search_facts(plan('id eq "u1"'), types["User"], TENANT)
    assert (get["kind"], get["push"], get["cost"]) == ("get", "u1", "1 call")
    none = search_facts(plan('emails[type eq "nowhere"]'), types["User"])
    assert (none["kind"], none["calls"], none["cost"]) == ("none", [], "no call")
    nothing = search_facts(plan("", closed={"list", "index"}), types["User"])
    assert nothing["cost"].startswith("no route is open; add userName eq")


def test_a_walk_tells_whom_it_asks(plan: Plan, types: Mapping[str, Type]) -> None:
    facts = search_facts(plan("", "Grant"), types["Grant"], TENANT)
    assert [call["times"] for call in facts["calls"][:3]] == ["", "× every User", "× every profile"]
    assert facts["cost"] == "1 to 150 calls"


def test_every_plan_is_json(plan: Plan, types: Mapping[str, Type]) -> None:
    for text in ("", 'userName eq "a" or userName eq "b"', 'meta.created gt "2026-01-01T00:00:00Z"', 'id eq "u"'):
        facts = search_facts(plan(text), types["User"], TENANT)
        assert json.loads(json.dumps(facts)) == facts


def test_a_read_names_the_attributes_that_need_it(types: Mapping[str, Type]) -> None:
    mapping = types["User"]
    attr = Attr("unit", urn=mapping.aliases["nevis"])
    made = plan_read(mapping, frozenset({"unit"}), reasons={"unit": (attr,)})
    lines = explain_read(made, mapping, TENANT)
    assert lines[0] == "1  GET /core/v1/acme/users/{user.extId}/profiles"
    assert lines[1].startswith("   needed for: nevis:unit (User.yaml:")
    assert explain_read(plan_read(mapping, frozenset()), mapping) == ["no call"]


class TestWrites:
    def write(self, body: object, *records: str, path: str = "/core/v1/{client}/users/{user.extId}") -> WritePlan:
        call = Call("user.update", "PATCH", parse_template(path), body=body)
        undo = Call("user.delete", "DELETE", parse_template(path))
        return WritePlan((WriteCall(call, records, undo=undo),), {"user.extId": "u1"})

    def test_show_bodies_and_what_takes_them_back(self, types: Mapping[str, Type]) -> None:
        made = self.write({"name": {"firstName": "A"}}, "user")
        sides = {Attr("name", "givenName"): ("B", "A")}
        assert explain_write(made, types["User"], sides, TENANT) == [
            'name.givenName: "B" → "A"',
            '1  PATCH /core/v1/acme/users/u1  {"name": {"firstName": "A"}}',
            "   taken back by: DELETE /core/v1/acme/users/u1",
        ]
        assert explain_write(WritePlan(()), types["User"]) == ["no call: nothing changes"]

    def test_hide_a_password_in_whatever_body(self, types: Mapping[str, Type]) -> None:
        sides = {Attr("password"): (None, "s3cret")}
        for body in ({"password": "s3cret"}, {"newPassword": "s3cret"}):
            text = "\n".join(explain_write(self.write(body, "password"), types["User"], sides))
            assert "s3cret" not in text
            assert "***" in text

    def test_hide_verifiers_and_nothing_beside_them(self, types: Mapping[str, Type]) -> None:
        body = {
            "identification": "scim-db-1",
            "properties": {"dbPassword": "h4sh", "dbSalt": "s4lt", "description": "d"},
        }
        facts = write_facts(self.write(body, "credential"), types["UserDbCredentials"])
        assert facts["calls"][0]["body"] == {
            "identification": "scim-db-1",
            "properties": {"dbPassword": "***", "dbSalt": "***", "description": "d"},
        }

    def test_hide_a_secret_inside_a_whole_record(self, types: Mapping[str, Type]) -> None:
        body = {"user": {"loginId": "a"}, "credential": {"properties": {"dbPassword": "h4sh"}}}
        text = json.dumps(write_facts(self.write(body, "credential", "owner"), types["UserDbCredentials"]))
        assert "h4sh" not in text
