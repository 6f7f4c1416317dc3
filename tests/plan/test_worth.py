"""What one comparison is worth on a core list: exact, a superset, or nothing (the table of mapping-format 3.5, column `params`)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.plan.spoken import push_of
from gateway.plan.way import SearchPlan

Plan = Callable[..., SearchPlan]
EXACT, ROUGHLY, NOT = "exact", "roughly", "not"


def worth(made: SearchPlan) -> str:
    if push_of(made) == "nothing":
        return NOT
    return EXACT if made.left is None else ROUGHLY


@pytest.mark.parametrize(
    ("text", "with_", "push", "how"),
    [
        # `eq` where case counts
        ('externalId eq "E1"', {}, "scimExternalId=E1", EXACT),
        ('externalId eq "E1"', {"property_prefix": "properties."}, "properties.scimExternalId=E1", EXACT),
        # `eq` where it does not
        ('userName eq "Ab"', {"ieq": "on"}, "loginId_IEQ=Ab", EXACT),
        ('userName eq "Ab"', {"ieq": "off"}, "nothing", NOT),
        ('userName eq "Ab"', {"ieq": "lower"}, "loginId=ab", EXACT),
        ('userName eq "Ab"', {"ieq": "upper"}, "loginId=AB", EXACT),
        # `sw`
        ('userName sw "Ab"', {"sw": "ignore_case"}, "loginId_SW=Ab", EXACT),
        ('userName sw "Ab"', {"sw": "exact"}, "nothing", NOT),
        ('userName sw "Ab"', {"sw": "exact", "ieq": "lower"}, "loginId_SW=ab", EXACT),
        ('userName sw "Ab"', {"sw": "off"}, "nothing", NOT),
        ('id sw "Ab"', {"sw": "exact"}, "extId_SW=Ab", EXACT),
        ('id sw "Ab"', {"sw": "ignore_case"}, "extId_SW=Ab", ROUGHLY),
        # several stored values, or none
        ("active eq true", {}, "userState=active", EXACT),
        ("active eq false", {}, "nothing", NOT),
        # what a list has no word for
        ('userName co "b"', {}, "nothing", NOT),
        ('userName ew "b"', {}, "nothing", NOT),
        ('userName ne "b"', {}, "nothing", NOT),
        ("userName pr", {}, "nothing", NOT),
        ('userName eq ""', {}, "nothing", NOT),
        ("title eq null", {}, "nothing", NOT),
        ('name.formatted eq "A B"', {}, "nothing", NOT),
        ('phoneNumbers.value eq "+41791112233"', {}, "nothing", NOT),
        # a modifier on a custom property might be a property of that name
        ('title eq "x"', {}, "nothing", NOT),
        ('externalId sw "x"', {}, "nothing", NOT),
        # a free map: a property by its own name, unless that means something else to the list
        ('nevis:properties.costCentre eq "7"', {}, "costCentre=7", EXACT),
        ('nevis:properties.limit eq "7"', {}, "nothing", NOT),
        ('nevis:properties.loginId eq "7"', {}, "nothing", NOT),
        ('nevis:properties.x_IEQ eq "7"', {}, "nothing", NOT),
        ('nevis:properties.jobTitle eq "7"', {}, "nothing", NOT),  # has an attribute of its own
        # another record
        ('nevis:profile.x eq "7"', {}, "nothing", NOT),
    ],
)
def test_on_a_list_with_filters(text: str, with_: dict[str, object], push: str, how: str, plan: Plan) -> None:
    made = plan(text, with_=with_, closed={"index"})
    assert (push_of(made), worth(made)) == (push, how)


def test_a_field_only_inferred_as_filterable_is_worth_a_superset(plan: Plan) -> None:
    made = plan('user.value eq "u1"', "UserDbCredentials", closed={"user", "walk"})
    assert push_of(made) == "userExtId=u1&identification_SW=scim-db-"
    assert worth(made) == ROUGHLY


def test_until_a_probe_has_confirmed_it(plan: Plan) -> None:
    made = plan('user.value eq "u1"', "UserDbCredentials", closed={"user", "walk"}, confirmed={"userExtId"})
    assert made.left is None


def test_an_instant_kept_as_text_is_not_compared_as_text(plan: Plan) -> None:
    assert push_of(plan('meta.created eq "2026-01-01T00:00:00Z"', closed={"index"})) == "created=2026-01-01T00:00:00Z"
