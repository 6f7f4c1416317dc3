"""The form in which values are compared."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.scim.comparison import comparable, instant, is_present
from gateway.scim.schema import Attribute


def test_a_stored_moment_without_zone_is_utc_and_a_client_s_is_refused() -> None:
    assert instant("2020-01-01T12:00:00") == datetime(2020, 1, 1, 12, tzinfo=UTC)
    with pytest.raises(ValueError, match="not a dateTime"):
        instant("2020-01-01T12:00:00", need_zone=True)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2020-02-30T00:00:00Z", "2020", ""]
)
def test_what_names_no_moment_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 # Python's own words for some of them
        instant(text)


@pytest.mark.parametrize("value", [None, "", [], {}, [None, ""], {"a": None}, [{}, {"a": [""]}]])
def test_nothing_is_nothing_however_it_is_wrapped(value: Any) -> None:
    assert not is_present(value)


@pytest.mark.parametrize("value", ["x", 0, False, [0], {"a": {"b": False}}, [None, "x"]])
def test_anything_else_is_there(value: Any) -> None:
    assert is_present(value)


@pytest.mark.parametrize(
    ("attribute", "value", "form"),
    [
        (Attribute("a"), "Ä", "ä"),
        (Attribute("a", case_exact=True), "Ä", "Ä"),
        (Attribute("a", "reference"), "Urn:X", "urn:x"),
        (Attribute("a", "binary"), "aGk=", "aGk="),
        (Attribute("a"), "", None),
        (Attribute("a"), 5, None),
        (Attribute("a", "boolean"), False, False),
        (Attribute("a", "boolean"), 0, None),
        (Attribute("a", "integer"), 0, 0),
        (Attribute("a", "integer"), True, None),
        (Attribute("a", "decimal"), 1.5, 1.5),
        (Attribute("a", "dateTime"), "2020-01-01T01:00:00+01:00", datetime(2020, 1, 1, tzinfo=UTC)),
        (Attribute("a", "dateTime"), "soon", None),
        (Attribute("a", "dateTime"), 5, None),
        (Attribute("a", "complex"), {"value": "x"}, None),
    ],
)
def test_values_compare_by_the_type_of_their_attribute(attribute: Attribute, value: Any, form: Any) -> None:
    found = comparable(value, attribute)
    assert found == form
    assert type(found) is type(form)
