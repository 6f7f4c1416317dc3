"""An `or` on a list that knows none: one call per branch, where every branch fixes somebody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.plan.spoken import push_of
from gateway.plan.way import SearchPlan

Plan = Callable[..., SearchPlan]


@pytest.mark.parametrize(
    ("text", "push", "exact"),
    [
        ('userName eq "a" or userName eq "b"', ["loginId_IEQ=a", "loginId_IEQ=b"], True),
        ('userName eq "a" or id eq "u1"', ["loginId_IEQ=a", "extId=u1"], True),
        (
            '(userName eq "a" or userName eq "b") and active eq true',
            ["loginId_IEQ=a&userState=active", "loginId_IEQ=b&userState=active"],
            True,
        ),
        (
            '(userName eq "a" and active eq true) or userName eq "b"',
            ["loginId_IEQ=a&userState=active", "loginId_IEQ=b"],
            True,
        ),
        ('(userName eq "a" or userName eq "b") and title pr', ["loginId_IEQ=a", "loginId_IEQ=b"], False),
        ('(userName eq "a" and title pr) or userName eq "b"', ["loginId_IEQ=a", "loginId_IEQ=b"], False),
    ],
)
def test_is_one_call_per_branch(text: str, push: list[str], exact: bool, plan: Plan) -> None:
    made = plan(text, closed={"index"})
    assert made.way is not None
    assert made.way.union
    assert push_of(made) == push
    assert (made.left is None) is exact


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ('userName eq "a" or name.familyName eq "b"', {}),  # a name is not unique
        ('userName eq "a" or userName sw "b"', {}),
        ('userName eq "a" or not (userName eq "b")', {}),
        ('userName eq "a" or userName eq "b"', {"with_": {"ieq": "off"}}),
        ('userName eq "a" or userName eq "b"', {"doubted": {"loginId_IEQ"}}),
    ],
)
def test_is_not_where_a_branch_might_bring_more_than_one(text: str, more: dict[str, object], plan: Plan) -> None:
    made = plan(text, closed={"index"}, **more)
    assert made.way is not None
    assert not made.way.union


def test_takes_no_more_calls_than_a_search_may_make(plan: Plan) -> None:
    few, many = (" or ".join(f'userName eq "{number}"' for number in range(count)) for count in (100, 101))
    assert [
        bool(made.way and made.way.union) for made in (plan(few, closed={"index"}), plan(many, closed={"index"}))
    ] == [
        True,
        False,
    ]


def test_the_second_or_may_be_the_one(plan: Plan) -> None:
    made = plan('(title pr or active eq true) and (userName eq "a" or userName eq "b")', closed={"index"})
    assert push_of(made) == ["loginId_IEQ=a", "loginId_IEQ=b"]
    assert made.left is not None


def test_a_mail_of_whatever_kind_is_one_call_per_kind_where_properties_can_be_asked_without_case(plan: Plan) -> None:
    made = plan('emails.value eq "A@b.ch" and active eq true', with_={"property_ieq": True})
    kinds = ["contacts.email", "emailHome", "emailOther", "emailRecovery"]
    assert push_of(made) == [f"{kind}_IEQ=A@b.ch&userState=active" for kind in kinds]
    assert made.left is None
    without = plan('emails.value eq "A@b.ch"', closed={"index"}).way
    assert without is not None
    assert (without.union, without.unpushed) == (False, 4)


@pytest.mark.parametrize("text", ['addresses.locality eq "Bern"', 'emails.value sw "a"', 'emails.type eq "work"'])
def test_what_many_share_is_no_union(text: str, plan: Plan) -> None:
    way = plan(text, with_={"property_ieq": True}, closed={"index"}).way
    assert way is not None
    assert not way.union


def test_merges_and_pages_here(plan: Plan) -> None:
    way = plan('userName eq "a" or userName eq "b"').way
    assert way is not None
    assert way.paging.reason == "the hits of several calls are merged here"
    assert way.cost == 2
