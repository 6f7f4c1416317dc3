"""Filters and paths as text, with values and without."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.scim.filter import parse_filter
from gateway.scim.print import attr_text, literal, shape, to_text
from gateway.scim.tree import Attr, Value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", '"x"'),
        ('a"b\\c\n', r'"a\"b\\c\n"'),
        ("é😀", '"é😀"'),
        (True, "true"),
        (None, "null"),
        (5, "5"),
        (-2.5, "-2.5"),
        (datetime(2024, 10, 24, 19, 7, 26, tzinfo=UTC), '"2024-10-24T19:07:26Z"'),
        (datetime(2024, 10, 24, 19, 7, 26, 810_000, tzinfo=UTC), '"2024-10-24T19:07:26.810000Z"'),
    ],
)
def test_values_print_as_json(value: Value, text: str) -> None:
    assert literal(value) == text


def test_a_shape_holds_no_value_and_keeps_everything_else() -> None:
    text = 'userName eq "s3cret" and (n gt 5 or not (x[y eq true and z pr]))'
    assert shape(parse_filter(text)) == "userName eq ? and (n gt ? or not (x[y eq ? and z pr]))"


def test_parentheses_stand_only_where_they_are_needed() -> None:
    text = "((a pr) and ((b pr) and (c pr))) or (not ((d pr or e pr)))"
    assert to_text(parse_filter(text)) == "a pr and b pr and c pr or not (d pr or e pr)"


@pytest.mark.parametrize(
    ("attr", "text"),
    [
        (Attr("a"), "a"),
        (Attr("a", "b"), "a.b"),
        (Attr("a", "b", "urn:x"), "urn:x:a.b"),
        (Attr("", urn="urn:x"), "urn:x"),
        (Attr(""), ""),
    ],
)
def test_attributes_print_in_attribute_notation(attr: Attr, text: str) -> None:
    assert attr_text(attr) == text
