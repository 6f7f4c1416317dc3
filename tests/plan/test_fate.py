"""What is told of each part of a filter is what the plan does with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.mapping.model import Mapping as Type
from gateway.plan.explain import search_facts
from tests.plan.conftest import Plan


def nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree
    for each in tree.get("terms", ()):
        yield from nodes(each)


def fates(plan: Plan, types: Mapping[str, Type], text: str, route: str) -> dict[str, str]:
    tree = search_facts(plan(text), types["User"])["tree"]
    return {each["text"]: each["on"][route]["fate"] for each in nodes(tree)}


def test_each_comparison_says_what_nevisidm_is_asked_of_it_and_where_it_stands(
    plan: Plan, types: Mapping[str, Type]
) -> None:
    tree = search_facts(plan('userName eq "b" and title pr'), types["User"])["tree"]
    name, title = tree["terms"]
    assert name["on"]["list"] == {"fate": "pushed", "pushed": ["loginId_IEQ=b"]}
    assert title["on"]["list"] == {"fate": "checked", "pushed": []}
    assert tree["on"]["list"]["fate"] == "narrowed"
    assert name["place"].startswith("mappings/User.yaml:")


def test_what_the_index_is_only_asked_roughly_is_checked_again(plan: Plan, types: Mapping[str, Type]) -> None:
    said = fates(plan, types, '(userName sw "b" or userName sw "c") and active eq true', "index")
    assert said['userName sw "b"'] == "narrowed"
    assert said["active eq true"] == "pushed"
    before = fates(plan, types, '(userName sw "b" or userName sw "c") and active eq true', "list")
    assert before['userName sw "b" or userName sw "c"'] == "checked", "the list that is gone first knows no `or`"


def test_what_the_id_says_is_not_checked(plan: Plan, types: Mapping[str, Type]) -> None:
    said = fates(plan, types, 'id eq "u1" and active eq true', "get")
    assert said == {'id eq "u1" and active eq true': "narrowed", 'id eq "u1"': "pushed", "active eq true": "checked"}


def test_where_nothing_can_fit_no_way_is_told(plan: Plan, types: Mapping[str, Type]) -> None:
    tree = search_facts(plan('id eq "u1" and id eq "u2"'), types["User"])["tree"]
    assert tree["on"] == {}
