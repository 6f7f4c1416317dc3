"""RFC 7643 section 7 for PUT and PATCH: who may change what, and what silence means."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from gateway.errors import BadRequest
from gateway.scim.dialect import IDCS, RFC
from gateway.scim.mutability import settle
from gateway.scim.schema import Attribute, ResourceType

NEVIS = "urn:nevis"


def table(*attributes: Attribute) -> dict[str, Attribute]:
    return {attribute.name.lower(): attribute for attribute in attributes}


def whole(name: str, *subs: Attribute, **more: Any) -> Attribute:
    return Attribute(name, "complex", subs=table(*subs), **more)


KIND = ResourceType(
    "User",
    "/Users",
    "urn:User",
    "",
    table(
        Attribute("id", mutability="readOnly", case_exact=True),
        Attribute("userName", required=True),
        Attribute("title"),
        Attribute("state", mutability="readOnly"),
        Attribute("born", "dateTime", mutability="immutable"),
        Attribute("kind", mutability="immutable"),
        Attribute("mould", mutability="immutable", only_new=True),
        Attribute("password", mutability="writeOnly", returned="never", required=True),
        Attribute("shy", returned="request"),
        Attribute("hidden", returned="never"),
        whole(
            "name",
            Attribute("familyName", required=True),
            Attribute("givenName"),
            Attribute("formatted", mutability="readOnly"),
            Attribute("nick", returned="request"),
        ),
        whole(
            "owner",
            Attribute("value", mutability="immutable", required=True, case_exact=True),
            Attribute("$ref", "reference", mutability="readOnly"),
        ),
        whole("emails", Attribute("value", case_exact=True), Attribute("type"), multi_valued=True, required=True),
        whole(
            "members",
            Attribute("value", case_exact=True),
            Attribute("type", mutability="immutable"),
            multi_valued=True,
            returned="request",
        ),
        whole("groups", Attribute("value", mutability="readOnly"), multi_valued=True, mutability="readOnly"),
        whole("meta", Attribute("created", "dateTime", mutability="readOnly"), mutability="readOnly"),
    ),
    {
        NEVIS: table(
            Attribute("unit", returned="request"),
            Attribute("validTo", "dateTime"),
            whole("properties", open=True, returned="request"),
        )
    },
    frozenset(),
)
BEFORE: dict[str, Any] = {
    "id": "u1",
    "userName": "bjensen",
    "title": "Guide",
    "state": "active",
    "born": "2001-01-01T00:00:00.000Z",
    "shy": "s",
    "hidden": "h",
    "name": {"familyName": "Jensen", "givenName": "Barbara", "formatted": "Barbara Jensen", "nick": "Babs"},
    "owner": {"value": "o1", "$ref": "https://x/o1"},
    "emails": [{"value": "b@x", "type": "work"}],
    "members": [{"value": "m1", "type": "User"}],
    "groups": [{"value": "g1"}, {"value": "g2"}],
    "meta": {"created": "2001-01-01T00:00:00.000Z", "version": "7"},
    NEVIS: {"unit": "100", "validTo": "2030-01-01T00:00:00.000Z", "properties": {"a": "1", "b": "2"}},
}
LEAST: dict[str, Any] = {"userName": "bjensen", "name": {"familyName": "Jensen"}, "emails": [{"value": "b@x"}]}


def put(body: dict[str, Any], dialect: Any = IDCS, before: Any = BEFORE) -> dict[str, Any]:
    return settle(before, body, KIND, dialect, verb="replace")


def patch(dialect: Any = IDCS, **tops: Any) -> dict[str, Any]:
    """PATCH: the whole resource with these attributes different; None takes one away."""
    after = {name: value for name, value in {**copy.deepcopy(BEFORE), **tops}.items() if value is not None}
    return settle(BEFORE, after, KIND, dialect, verb="modify")


@pytest.mark.parametrize("dialect", [IDCS, RFC])
def test_the_answer_to_a_get_can_be_sent_back(dialect: Any) -> None:
    assert put(copy.deepcopy(BEFORE), dialect) == BEFORE
    assert patch(dialect) == BEFORE


def test_neither_resource_is_touched() -> None:
    before, after = copy.deepcopy(BEFORE), {**copy.deepcopy(LEAST), "title": "x"}
    kept = copy.deepcopy(after)
    settle(before, after, KIND, RFC, verb="replace")
    assert (before, after) == (BEFORE, kept)


class TestReadOnly:
    @pytest.mark.parametrize("tops", [{"state": "x"}, {"id": "u2"}, {"groups": [{"value": "g1"}]}])
    def test_a_changed_value_is_refused_or_ignored_as_the_dialect_says(self, tops: Any) -> None:
        with pytest.raises(BadRequest, match="read-only") as refused:
            put({**LEAST, **tops})
        assert refused.value.code.code == "GW110"
        with pytest.raises(BadRequest, match="read-only"):
            patch(**tops)
        assert put({**LEAST, **tops}, RFC)["groups"] == BEFORE["groups"]
        assert patch(RFC, **tops) == BEFORE

    def test_a_sub_attribute_too(self) -> None:
        name = {**BEFORE["name"], "formatted": "B. J."}
        with pytest.raises(BadRequest, match=r"name\.formatted is read-only"):
            patch(name=name)
        assert patch(RFC, name={**name, "givenName": "B."})["name"] == {**BEFORE["name"], "givenName": "B."}

    def test_what_repeats_the_old_value_is_no_change(self) -> None:
        groups = [{"value": "G2", "ocid": "G2"}, {"value": "g1"}]
        assert put({**LEAST, "state": "ACTIVE", "groups": groups})["groups"] == BEFORE["groups"]

    @pytest.mark.parametrize("name", [None, {"familyName": "Jensen"}])
    def test_what_goes_with_the_whole_stays_where_the_rest_was_taken_away(self, name: Any) -> None:
        if name is None:
            with pytest.raises(BadRequest, match=r"name\.familyName"):
                patch(name=None)
        else:
            assert patch(name=name)["name"] == {"familyName": "Jensen", "formatted": "Barbara Jensen"}

    def test_left_out_of_a_put_it_stays(self) -> None:
        assert put(LEAST)["state"] == "active"
        assert put(LEAST)["name"]["formatted"] == "Barbara Jensen"

    @pytest.mark.parametrize("meta", [{"created": "1999-01-01T00:00:00Z"}, {"version": 'W/"3"', "location": "x"}, {}])
    def test_an_old_meta_is_never_minded(self, meta: Any) -> None:
        assert put({**LEAST, "meta": meta})["meta"] == BEFORE["meta"]

    def test_a_value_where_there_was_none_is_a_change(self) -> None:
        before = {name: value for name, value in BEFORE.items() if name != "state"}
        with pytest.raises(BadRequest, match="read-only"):
            put({**LEAST, "state": "active"}, before=before)
        assert "state" not in put({**LEAST, "state": "active"}, RFC, before=before)


class TestImmutable:
    @pytest.mark.parametrize("tops", [{"born": "2002-01-01T00:00:00.000Z"}, {"owner": {"value": "o2"}}])
    @pytest.mark.parametrize("dialect", [IDCS, RFC])
    def test_a_changed_value_is_refused(self, tops: Any, dialect: Any) -> None:
        with pytest.raises(BadRequest, match="immutable") as refused:
            put({**LEAST, **tops}, dialect)
        assert refused.value.code.code == "GW110"

    def test_an_equal_one_passes_whatever_its_spelling(self) -> None:
        assert put({**LEAST, "born": "2001-01-01T01:00:00+01:00", "owner": {"value": "o1"}})["born"] == BEFORE["born"]

    def test_left_out_of_a_put_it_stays(self) -> None:
        assert put(LEAST)["born"] == BEFORE["born"]
        assert put(LEAST)["owner"] == BEFORE["owner"]

    @pytest.mark.parametrize("tops", [{"born": None}, {"owner": None}, {"owner": {"$ref": "https://x/o1"}}])
    def test_a_patch_cannot_take_it_away(self, tops: Any) -> None:
        with pytest.raises(BadRequest, match="immutable"):
            patch(**tops)

    def test_it_can_be_given_where_there_was_none(self) -> None:
        assert put({**LEAST, "kind": "x"})["kind"] == "x"

    def test_inside_a_value_that_is_there_it_stays(self) -> None:
        with pytest.raises(BadRequest, match=r"members\.type"):
            patch(members=[{"value": "m1", "type": "Group"}])
        added = [{"value": "m1"}, {"value": "m2", "type": "Group"}]
        assert patch(members=added)["members"] == added


class TestSilence:
    def test_what_a_put_leaves_out_is_cleared(self) -> None:
        settled = put(LEAST)
        assert "title" not in settled
        assert "givenName" not in settled["name"]
        assert "validTo" not in settled[NEVIS]

    @pytest.mark.parametrize("name", ["shy", "hidden", "members"])
    def test_unless_its_sender_could_not_have_seen_it(self, name: str) -> None:
        assert put(LEAST)[name] == BEFORE[name]

    def test_this_holds_inside_complex_values_and_extensions(self) -> None:
        assert put(LEAST)["name"]["nick"] == "Babs"
        assert put(LEAST)[NEVIS] == {"unit": "100", "properties": {"a": "1", "b": "2"}}

    def test_a_free_map_on_request_keeps_the_names_that_were_not_sent(self) -> None:
        assert put({**LEAST, NEVIS: {"properties": {"a": "9"}}})[NEVIS]["properties"] == {"a": "9", "b": "2"}

    def test_a_patch_clears_what_it_took_away(self) -> None:
        settled = patch(title=None, shy=None, members=[], **{NEVIS: {"properties": {"b": "2"}}})
        assert not {"title", "shy", "members"} & settled.keys()
        assert settled[NEVIS] == {"properties": {"b": "2"}}

    def test_a_secret_is_untouched_unless_sent(self) -> None:
        assert "password" not in put(LEAST)
        assert put({**LEAST, "password": "s"})["password"] == "s"

    def test_what_is_not_declared_is_nobodys(self) -> None:
        assert put({**LEAST, "strange": 1}).get("strange") is None


FILLED = replace(
    KIND,
    core=table(
        Attribute("active", "boolean", filled=True),
        Attribute("unit", returned="request", filled=True),
        whole("seat", Attribute("floor", filled=True), Attribute("remarks")),
    ),
    extensions={},
)
THERE: dict[str, Any] = {"active": False, "unit": "100", "seat": {"floor": "2", "remarks": "r"}}


class TestFilled:
    """What always has a value: unasked, on request, and inside a whole."""

    def settled(self, after: dict[str, Any], verb: Any, dialect: Any = IDCS) -> dict[str, Any]:
        return settle(THERE, after, FILLED, dialect, verb=verb)

    @pytest.mark.parametrize("dialect", [IDCS, RFC])
    @pytest.mark.parametrize(
        ("tops", "named"),
        [
            ({"active": None}, "active"),
            ({"unit": None}, "unit"),
            ({"seat": {"remarks": "r"}}, "seat.floor"),
            ({"seat": None}, "seat.floor"),
        ],
    )
    def test_a_patch_cannot_take_it_away(self, tops: dict[str, Any], named: str, dialect: Any) -> None:
        after = {name: value for name, value in {**THERE, **tops}.items() if value is not None}
        with pytest.raises(BadRequest) as refused:
            self.settled(after, "modify", dialect)
        assert refused.value.code.code == "GW110"
        assert refused.value.detail.startswith(f"{named} always has a value")

    def test_left_out_of_a_put_it_stays(self) -> None:
        assert self.settled({}, "replace") == {**THERE, "seat": {"floor": "2"}}

    @pytest.mark.parametrize("verb", ["modify", "replace"])
    def test_another_value_is_taken(self, verb: Any) -> None:
        after = {"active": True, "unit": "200", "seat": {"floor": "3", "remarks": "r"}}
        assert self.settled(after, verb) == after

    def test_where_there_is_none_after_all_nothing_is_refused(self) -> None:
        assert settle({}, {}, FILLED, IDCS, verb="modify") == {}


class TestRequired:
    @pytest.mark.parametrize(
        ("body", "missing"),
        [
            ({"name": {"familyName": "J"}, "emails": [{"value": "x"}]}, "userName"),
            ({"userName": "b", "emails": [{"value": "x"}]}, "name.familyName"),
            ({"userName": "b", "name": {"familyName": "J"}}, "emails"),
            ({"userName": "", "name": {"familyName": "J"}, "emails": [{"value": "x"}]}, "userName"),
        ],
    )
    def test_what_is_required_cannot_be_left_out(self, body: Any, missing: str) -> None:
        with pytest.raises(BadRequest, match=missing) as refused:
            put(body)
        assert refused.value.code.code == "GW112"

    def test_nor_taken_away(self) -> None:
        with pytest.raises(BadRequest, match="emails"):
            patch(emails=None)

    def test_what_was_missing_before_is_not_asked_for_now(self) -> None:
        legacy = {name: value for name, value in BEFORE.items() if name != "emails"}
        settled = settle(legacy, {**legacy, "title": "x"}, KIND, IDCS, verb="modify")
        assert settled["title"] == "x"


def test_new_values_of_what_can_be_changed_are_taken_as_sent() -> None:
    emails = [{"value": "n@x", "type": "home"}]
    settled = put({**LEAST, "userName": "BJensen", "emails": emails, NEVIS: {"unit": "200"}})
    assert settled["userName"] == "BJensen"
    assert settled["emails"] == emails
    assert settled[NEVIS]["unit"] == "200"


def test_an_attribute_below_a_read_only_one_is_read_only() -> None:
    parent = replace(KIND.core["name"], mutability="readOnly")
    kind = replace(KIND, core={**KIND.core, "name": parent})
    with pytest.raises(BadRequest, match=r"name\.givenName is read-only"):
        settle(BEFORE, {**LEAST, "name": {"familyName": "Jensen", "givenName": "X"}}, kind, IDCS, verb="replace")


@pytest.mark.parametrize("dialect", [IDCS, RFC])
def test_what_only_a_create_can_give_is_refused_afterwards_and_never_lost(dialect: Any) -> None:
    for change in (
        lambda: patch(dialect, mould="m"),
        lambda: put({**LEAST, "born": BEFORE["born"], "mould": "m"}, dialect),
    ):
        with pytest.raises(BadRequest) as refused:
            change()
        assert (refused.value.code.code, "mould can be given only when" in refused.value.detail) == ("GW110", True)
    there = {**BEFORE, "mould": "m"}
    assert put(copy.deepcopy(there), dialect, there)["mould"] == "m"
    assert patch(dialect, kind="k")["kind"] == "k"
