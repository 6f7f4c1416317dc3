"""Which route a filter takes, what is pushed, what is left, and why: mapping-format sections 3.5 and 12.1."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import pytest

from gateway.errors import Unsupported
from gateway.mapping.alias import expand
from gateway.mapping.model import Mapping as Type
from gateway.nevisidm.capabilities import Capabilities
from gateway.plan.search import plan_search
from gateway.plan.spoken import filter_text, left_of, push_of, route_of
from gateway.plan.way import SearchPlan
from gateway.scim.request import ScimRequest

Plan = Callable[..., SearchPlan]
OFF = {"ieq": "off"}
NO_INDEX = {"ieq": "off", "query_enabled": False}


@pytest.mark.parametrize(
    ("text", "with_", "route", "push", "left"),
    [
        ('userName eq "bjensen"', {}, "list", "loginId_IEQ=bjensen", "nothing"),
        ('userName eq "bjensen"', OFF, "index", 'loginid:"bjensen"', "all"),
        ('userName eq "bjensen"', NO_INDEX, "list", "nothing", "all"),
        (
            'active eq true and name.familyName sw "Je"',
            {},
            "list",
            "userState=active&name.familyName_SW=Je",
            "nothing",
        ),
        ('userName eq "a" or userName eq "b"', {}, "list", ["loginId_IEQ=a", "loginId_IEQ=b"], "nothing"),
        ("active eq false", {}, "index", "state:(disabled OR archived)", "nothing"),
        ('active eq true or userName sw "b"', {}, "index", "state:active OR loginid:b*", "all"),
        ('not (userName eq "bjensen")', {}, "list", "nothing", "all"),
        ('meta.lastModified gt "2026-11-01T00:00:00Z"', {}, "list", "sortBy=lastModified_DESC", "nothing"),
        (
            'nevis:unit eq "100" and active eq true',
            {},
            "index",
            'unit.extid:"100" AND state:active',
            'nevis:unit eq "100"',
        ),
        ('id eq "u1" and active eq true', {}, "get", "u1", "active eq true"),
    ],
)
def test_the_filters_of_the_design(
    text: str, with_: dict[str, object], route: str, push: object, left: str, plan: Plan, types: Mapping[str, Type]
) -> None:
    made = plan(text, with_=with_)
    assert (route_of(made), push_of(made), left_of(made, types["User"])) == (route, push, left)


@pytest.mark.parametrize(
    ("text", "push"),
    [
        ('externalId eq "E-1"', "scimExternalId=E-1"),
        ('emails[type eq "work" and value eq "b@example.com"]', "contacts.email_IEQ=b@example.com"),
        ('emails[value eq "b@example.com" and primary eq true]', "contacts.email_IEQ=b@example.com"),
        ('id sw "u-"', "extId_SW=u-"),
    ],
)
def test_a_list_is_asked_under_the_records_own_names(text: str, push: str, plan: Plan) -> None:
    assert push_of(plan(text, with_={"sw": "exact"})) == push


@pytest.mark.parametrize(
    "text",
    [
        'emails[type eq "nowhere"]',
        'emails[type eq "nowhere" and value eq "x"]',
        'emails.type eq "nowhere"',
        'userName eq "a" and emails[type eq "nowhere"]',
        'meta.resourceType eq "Group"',
        'active eq true and not (meta.resourceType eq "User")',
        'id eq "a" and id eq "b"',
        'id eq ".."',
    ],
)
def test_what_can_fit_nobody_is_answered_without_a_call(text: str, plan: Plan) -> None:
    assert plan(text).kind == "none"


def test_a_value_that_may_stand_in_several_places_is_looked_for_by_the_index(plan: Plan) -> None:
    """The list knows no `or`, and no spelling that ignores the case of a property."""
    assert push_of(plan('emails.value eq "b@example.com"')).startswith('email:"b@example.com" OR emailHome:')


def test_a_slot_that_may_be_empty_is_checked_here(plan: Plan) -> None:
    assert push_of(plan('emails[type eq "work"]')) == "nothing"
    assert plan('emails[not (value eq "a@b.ch")]').left is not None


def test_a_true_constant_leaves_the_rest(plan: Plan) -> None:
    made = plan('meta.resourceType eq "User" and userName eq "a"')
    assert push_of(made) == "loginId_IEQ=a"
    assert made.left is None


def test_a_parameter_is_used_once(plan: Plan) -> None:
    made = plan('userName eq "a" and userName eq "b"', closed={"index"})
    assert push_of(made) == "loginId_IEQ=a"
    assert made.left is not None


def test_every_route_that_is_not_taken_says_why(plan: Plan) -> None:
    made = plan('(userName sw "b" or userName sw "c") and active eq true')
    assert [(each.route.name, each.reason, each.push) for each in made.rejected] == [
        (
            "list",
            "2 conditions not pushed (a list knows no `or`); gone first while that is at most 1000 rows",
            "userState=active",
        )
    ]
    assert plan("", with_={"query_enabled": False}).rejected[0].reason == "closed: the query service is switched off"


def test_a_doubted_parameter_is_worth_a_superset(plan: Plan) -> None:
    made = plan('userName eq "a"', doubted={"loginId_IEQ"}, closed={"index"})
    assert push_of(made) == "loginId_IEQ=a"
    assert made.left is not None


def test_a_route_that_refused_its_parameters_is_only_read(plan: Plan) -> None:
    made = plan('userName eq "a"', bare={"list"}, closed={"index"}, sort="userName")
    assert push_of(made) == "nothing"
    assert made.way is not None
    assert not made.way.paging.pushed
    assert not made.way.counted


def test_with_every_route_closed_there_is_no_way(plan: Plan) -> None:
    made = plan('userName eq "a"', closed={"index", "list"})
    assert made.kind == "ways"
    assert made.way is None


class TestGet:
    def test_conditions_on_all_parts_of_the_id_are_a_get(self, plan: Plan) -> None:
        made = plan('user.value eq "u1"', "UserSecurIdCredentials")
        assert made.kind == "get"
        assert made.known == ({"credential.userExtId": "u1"},)
        assert made.left is None

    def test_an_or_of_ids_is_several_gets_where_no_list_takes_them(self, plan: Plan) -> None:
        made = plan('user.value eq "u1" or user.value eq "u2" or user.value eq "u1"', "UserSecurIdCredentials")
        assert made.kind == "get"
        assert made.known == ({"credential.userExtId": "u1"}, {"credential.userExtId": "u2"})

    def test_an_or_of_ids_is_one_call_each_on_a_list_that_takes_them(self, plan: Plan) -> None:
        assert push_of(plan('id eq "u1" or id eq "u2"')) == ["extId=u1", "extId=u2"]

    def test_an_id_that_cannot_be_one_fits_nobody(self, plan: Plan) -> None:
        assert plan('id eq "no-separator"', "UserDbCredentials").kind == "none"

    def test_a_negated_id_is_no_get(self, plan: Plan) -> None:
        assert plan('not (id eq "u1")').kind == "ways"


class TestHoles:
    def test_a_hole_is_fixed_by_the_filter(self, plan: Plan) -> None:
        made = plan('user.value eq "u1"', "UserDbCredentials")
        assert route_of(made) == "user"
        assert made.way is not None
        assert made.way.listings[0].fixed == {"credential.userExtId": "u1"}
        assert made.left is None

    def test_a_hole_is_not_fixed_by_half_an_or(self, plan: Plan) -> None:
        made = plan('user.value eq "u1" or meta.created gt "2026-01-01T00:00:00Z"', "UserDbCredentials")
        assert route_of(made) != "user"

    def test_a_call_newer_than_the_installation_closes_its_route(self, plan: Plan) -> None:
        assert route_of(plan("", "UserDbCredentials")) == "list"
        made = plan("", "UserDbCredentials", with_={"release": "7.2402.0"})
        assert route_of(made) == "walk"
        assert made.way is not None
        assert made.way.over is not None
        assert route_of(plan("", "UserDbCredentials", with_={"generic_list": False})) == "walk"

    def test_without_a_call_the_resource_itself_is_read(self, plan: Plan) -> None:
        made = plan('state eq "active"', "UserSecurIdCredentials")
        assert made.way is not None
        assert made.way.selfread
        assert made.way.listings[0].call.path.text == "/core/v1/{client}/users/{credential.userExtId}/securid"

    def test_a_list_before_the_list_fills_its_hole(self, plan: Plan) -> None:
        made = plan('grantee[value eq "u1" and type eq "User"]', "Grant")
        assert made.way is not None
        assert made.way.lead is not None
        assert made.way.lead.call.path.text == "/core/v1/{client}/users/{profile.userExtId}/profiles"
        assert made.left is None

    def test_what_the_path_says_of_a_lists_elements_is_not_read_again(self, plan: Plan) -> None:
        made = plan('members.value eq "u1" and displayName sw "A"', "Group")
        assert route_of(made) == "member"
        assert made.way is not None
        assert made.way.check == made.left
        assert [read.record for read in made.way.before.reads] == ["role"]

    def test_a_grant_to_something_else_is_nobodys(self, plan: Plan) -> None:
        assert plan('grantee.type eq "Group"', "Grant").kind == "none"


class TestOnly:
    def test_only_is_pushed_and_an_inferred_field_is_not_believed(self, plan: Plan) -> None:
        made = plan("", "UserDbCredentials")
        assert push_of(made) == "identification_SW=scim-db-"
        assert made.way is not None
        assert not made.way.only_pushed
        assert not made.way.paging.pushed

    def test_a_probe_makes_it_believed(self, plan: Plan) -> None:
        made = plan("", "UserDbCredentials", confirmed={"identification_SW"}, with_={"sw": "exact"})
        assert made.way is not None
        assert made.way.only_pushed
        assert made.way.paging.pushed


class TestReads:
    def test_a_hit_that_is_the_record_needs_no_second_read(self, plan: Plan) -> None:
        way = plan('userName eq "a"').way
        assert way is not None
        assert way.after.reads == ()
        assert way.before.reads == ()

    def test_a_hit_of_the_index_is_read_for_what_it_does_not_show(self, plan: Plan) -> None:
        way = plan("active eq false", include="userName,meta.created").way
        assert way is not None
        assert [read.record for read in way.after.reads] == ["user"]

    def test_what_an_index_hit_shows_is_not_read(self, plan: Plan) -> None:
        made = plan("active eq false", include="userName,active,title")
        assert made.way is not None
        reasons = {attr.name for read in made.way.after.reads for attr in read.reasons}
        assert not reasons & {"userName", "active", "title"}

    def test_a_condition_on_another_record_is_read_before_the_check(self, plan: Plan) -> None:
        way = plan('nevis:unit eq "100" and active eq true').way
        assert way is not None
        assert not way.on_hits
        assert [read.record for read in way.before.reads] == ["profile", "unit"]


class TestPaging:
    def test_is_pushed_when_the_list_says_it_all(self, plan: Plan) -> None:
        way = plan('userName sw "b"', sort="id", count=10, start_index=11).way
        assert way is not None
        assert way.paging.pushed
        assert way.paging.sort == "extId_ASC"
        assert way.limit == 10

    @pytest.mark.parametrize(
        ("text", "sort", "with_"),
        [
            ("title pr", "id", {}),  # rows are dropped here
            ('userName eq "a" or userName eq "b"', "id", {}),  # hits are merged here
            ('meta.created gt "2026-01-01T00:00:00Z"', "id", {}),  # read until rows stop fitting
            ("", "name.formatted", {}),  # a template has no order in nevisIDM
            ("", "active", {}),  # no order of the list
            ("", "id", {"total": "walk"}),
        ],
    )
    def test_is_made_here_otherwise(self, text: str, sort: str, with_: dict[str, object], plan: Plan) -> None:
        way = plan(text, sort=sort, with_=with_, closed={"index"}).way
        assert way is not None
        assert not way.paging.pushed
        assert way.paging.reason

    @pytest.mark.parametrize(
        ("sort", "sure"),
        [
            ("id", True),
            ("meta.created", True),
            ("userName", False),
            ("name.givenName", False),
            ("nevis:validTo", False),
        ],
    )
    def test_is_only_surely_right_where_nevis_can_sort_in_one_way(
        self, sort: str, sure: bool, plan: Plan, types: Mapping[str, Type]
    ) -> None:
        way = plan("", sort=expand(sort, types["User"].aliases)).way
        assert way is not None
        assert (way.paging.pushed, way.paging.sure) == (True, sure)

    def test_an_id_of_two_parts_is_sorted_by_the_records_own(self, plan: Plan) -> None:
        way = plan("", "UserDbCredentials", sort="id", confirmed={"identification_SW"}, with_={"sw": "exact"}).way
        assert way is not None
        assert (way.paging.sort, way.paging.sure) == ("extId_ASC", False)

    def test_needs_the_offset_only_beyond_the_first_page(self, plan: Plan) -> None:
        first, second = (plan("", start_index=start, with_={"offset": False}).way for start in (1, 2))
        assert first is not None
        assert second is not None
        assert (first.paging.pushed, second.paging.pushed) == (True, False)

    def test_sorts_downwards_only_where_nevis_knows_a_word_for_it(self, plan: Plan) -> None:
        ways = [
            plan("", sort="userName", descending=down, with_={"desc_syntax": "local"}).way for down in (False, True)
        ]
        assert [way.paging.sort if way else "" for way in ways] == ["loginId", None]

    def test_a_total_alone_asks_for_one_row(self, plan: Plan) -> None:
        way = plan("", count=0).way
        assert way is not None
        assert way.paging.pushed
        assert way.limit == 1


class TestOrder:
    def test_an_upper_bound_alone_is_read_from_the_oldest(self, plan: Plan) -> None:
        way = plan('meta.created lt "2026-01-01T00:00:00Z"').way
        assert way is not None
        assert way.order is not None
        assert (way.order.parameter, way.order.backwards) == ("created_ASC", "created_DESC")

    def test_both_bounds_are_read_from_the_newest(self, plan: Plan, types: Mapping[str, Type]) -> None:
        text = 'meta.created ge "2026-01-01T00:00:00Z" and meta.created lt "2026-02-01T00:00:00Z" and active eq true'
        made = plan(text)
        assert push_of(made) == "sortBy=created_DESC&userState=active"
        assert made.left is None
        assert made.way is not None
        assert made.way.order is not None
        assert filter_text(made.way.order.stop, types["User"]) == 'meta.created ge "2026-01-01T00:00:00Z"'

    @pytest.mark.parametrize(
        ("with_", "doubted"), [({"offset": False}, ()), ({"desc_syntax": "local"}, ()), ({}, ("created_DESC",))]
    )
    def test_is_not_used_where_it_cannot_be_trusted(
        self, with_: dict[str, object], doubted: tuple[str, ...], plan: Plan
    ) -> None:
        made = plan('meta.created gt "2026-01-01T00:00:00Z"', with_=with_, doubted=doubted)
        assert made.way is not None
        assert made.way.order is None
        assert made.left is not None

    def test_a_field_that_may_be_empty_is_not_read_by_order(self, plan: Plan) -> None:
        assert push_of(plan('nevis:validTo gt "2026-01-01T00:00:00Z"')) == "nothing"


def test_a_type_without_search_says_so(types: Mapping[str, Type], request_for: Callable[..., ScimRequest]) -> None:
    mapping = dataclasses.replace(types["User"], search=None)
    with pytest.raises(Unsupported, match="GW203"):
        plan_search(request_for(), mapping, Capabilities())
