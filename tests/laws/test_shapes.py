"""A filter that is filled from a shape is what reading and binding it anew finds, and so is the refusal of one that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ScimError
from gateway.mapping.load import load
from gateway.scim.binding import bind_filter
from gateway.scim.dialect import IDCS, RFC
from gateway.scim.filter import parse_filter
from gateway.scim.ocid import filter_for
from gateway.scim.shaped import read_bound
from gateway.scim.syntax import FilterLimits
from gateway.scim.tree import Filter

KINDS = [
    each.type
    for each in load(Path(__file__).parents[2] / "mappings").by_name.values()
    if each.name in ("User", "Group")
]
TEXTS = (
    "anna",
    "",
    "Ä ",
    "true",
    "False",
    "1",
    "2020-01-01T00:00:00Z",
    "2020-13-01T00:00:00Z",
    "2021-01-01T00:00:00Z",
    'a\\"b',
    "work",
    "x) or (",
)
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
SHAPES = (
    'userName eq "{}"',
    'userName eq "{}" and not (displayName sw "{}")',
    'active eq "{}" or userName co "{}"',
    'meta.created gt "{}" and meta.lastModified le "{}"',
    'title eq "{}" and meta.created gt "{}" and title ne "{}"',
    'emails[type eq "{}" and value co "{}"] or emails eq "{}"',
    'schemas eq "{}" and userName eq "{}"',
    'ocid eq "{}" or members.value eq "{}"',
    'nobody eq "{}"',
    'userName eq "{}" and (',
    'count eq "{}" or userName pr',
)
LIMITS = FilterLimits()


def outcome(read: Callable[[], Filter]) -> Filter | tuple[str, str]:
    try:
        return read()
    except ScimError as error:
        return error.code.code, error.detail


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_filled_filter_is_what_reading_it_finds(seed: int) -> None:
    chance = Random(seed)
    for _ in range(12):
        text = chance.choice(SHAPES).format(*(chance.choice((*TEXTS, SCHEMA)) for _ in range(3)))
        kind, dialect = chance.choice(KINDS), chance.choice((RFC, IDCS))
        anew = outcome(lambda: bind_filter(filter_for(parse_filter(text), dialect), kind, dialect.leniencies))  # noqa: B023
        for _ in range(2):
            found = outcome(lambda: read_bound(text, LIMITS, kind, dialect))  # noqa: B023 — called at once
            assert found == anew
            assert repr(found) == repr(anew), "no text is another kind of text"
