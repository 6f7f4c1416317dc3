"""The order of resources: deterministic, by type and case rule, the absent last."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from gateway.errors import Fault
from gateway.scim.order import ordered
from gateway.scim.schema import ResourceType
from gateway.scim.tree import Attr


def ids(resources: list[dict[str, Any]], by: Attr, kind: ResourceType, descending: bool = False) -> str:
    return "".join(resource["id"] for resource in ordered(resources, by, descending, kind))


def people(attribute: str, **values: Any) -> list[dict[str, Any]]:
    return [{"id": name, attribute: value} for name, value in values.items()]


def test_text_sorts_without_case_where_the_attribute_ignores_it(user_type: ResourceType) -> None:
    assert ids(people("userName", a="bea", b="Al", c="Bob", d="al2"), Attr("userName"), user_type) == "bdac"
    assert ids(people("externalId", a="bea", b="Al", c="Bob", d="al2"), Attr("externalId"), user_type) == "bcda"


def test_dates_sort_as_moments(user_type: ResourceType) -> None:
    stamps = {"a": "2020-01-01T00:30:00Z", "b": "2020-01-01T01:00:00+01:00", "c": "2019-12-31T23:00:00-02:00"}
    resources = [{"id": name, "meta": {"created": stamp}} for name, stamp in stamps.items()]
    assert ids(resources, Attr("meta", "created"), user_type) == "bac"


def test_numbers_and_booleans_sort_by_value(user_type: ResourceType) -> None:
    assert ids(people("level", a=10, b=9, c=-1), Attr("level"), user_type) == "cba"
    assert ids(people("active", a=True, b=False), Attr("active"), user_type) == "ba"


@pytest.mark.parametrize("nothing", [None, "", 5, []])
def test_the_absent_stand_last_ascending_and_first_descending(user_type: ResourceType, nothing: Any) -> None:
    resources = people("userName", a=nothing, b="x", c="y")
    assert ids(resources, Attr("userName"), user_type) == "bca"
    assert ids(resources, Attr("userName"), user_type, descending=True) == "acb"


def test_ties_stand_by_ascending_id_whatever_came_in(user_type: ResourceType) -> None:
    resources = people("userName", a="x", b="X", c="x", d="a")
    for arrangement in itertools.permutations(resources):
        assert ids(list(arrangement), Attr("userName"), user_type) == "dabc"
        assert ids(list(arrangement), Attr("userName"), user_type, descending=True) == "abcd"


def test_a_multi_valued_attribute_sorts_by_its_primary_or_first_value(user_type: ResourceType) -> None:
    resources = people(
        "emails",
        a=[{"value": "a@x"}, {"value": "z@x", "primary": True}],
        b=[{"value": "m@x"}, {"value": "b@x"}],
        c=[],
        d=[{"value": "n@x", "primary": False}],
    )
    assert ids(resources, Attr("emails", "value"), user_type) == "bdac"
    assert ids(people("nickNames", a=["z", "a"], b=["b"]), Attr("nickNames"), user_type) == "ba"


def test_extension_and_free_map_attributes_sort(user_type: ResourceType) -> None:
    enterprise = next(iter(user_type.extensions))
    assert (
        ids(
            people(enterprise, a={"department": "z"}, b={"department": "Y"}),
            Attr("department", urn=enterprise),
            user_type,
        )
        == "ba"
    )
    assert ids(people("tags", a={"x": ["2"]}, b={"x": ["1", "3"]}, c={}), Attr("tags", "x"), user_type) == "bac"


def test_an_attribute_that_was_not_bound_is_our_fault(user_type: ResourceType) -> None:
    with pytest.raises(Fault, match="GW901"):
        ordered([], Attr("nothing"), False, user_type)
