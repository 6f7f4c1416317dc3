"""Changes are looked for where two resources differ. The slow way looks at every line of the mapping, and must find the same."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ScimError
from gateway.mapping.difference import Difference
from gateway.mapping.model import Mapping
from gateway.mapping.put import Changes, changes, lines, told
from gateway.mapping.records import verifier_fields
from gateway.mapping.view import view
from gateway.scim.request import Resource
from tests.laws.test_mappings import MAPPINGS, SCENE, STORED, few, records

Outcome = Changes | tuple[str, str]
SURE = [mapping.name for mapping in STORED if not verifier_fields(mapping)]
"""The types whose values are stored the same way each time: not with a new salt."""


def slowly(mapping: Mapping, before: Resource, after: Resource, stored: Any, *, creating: bool) -> Outcome:
    every = sorted((line for some in lines(mapping).values() for line in some), key=lambda line: line.number)
    try:
        return told(every, before, after, Difference(mapping, stored, SCENE, creating=creating))
    except ScimError as error:
        return error.code.code, error.detail


def quickly(mapping: Mapping, before: Resource, after: Resource, stored: Any, *, creating: bool) -> Outcome:
    try:
        return changes(mapping, before, after, stored, SCENE, creating=creating)
    except ScimError as error:
        return error.code.code, error.detail


def odd(data: st.DataObject, resource: Resource) -> Resource:
    """The resource, perhaps with a value that has no place or no stored form."""
    resource = copy.deepcopy(resource)
    name = data.draw(st.sampled_from(sorted(resource) or ["id"]))
    if data.draw(st.booleans()):
        resource[name] = data.draw(
            st.sampled_from(["", "odd", [], [{"type": "odd", "value": "x"}], {"odd": "x"}, None])
        )
    return resource


@settings(few, max_examples=30)
@given(data=st.data())
def test_looking_where_two_differ_finds_what_looking_everywhere_finds(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(SURE))
    mapping, stored = MAPPINGS.by_name[name], data.draw(records(name))
    before = view(mapping, stored, SCENE)
    after = odd(data, view(mapping, data.draw(records(name)), SCENE))
    mixed = {each: data.draw(st.sampled_from([before, after])).get(each) for each in {**before, **after}}
    for wish in (after, mixed):
        assert quickly(mapping, before, wish, stored, creating=False) == slowly(
            mapping, before, wish, stored, creating=False
        )
        assert quickly(mapping, {}, wish, {}, creating=True) == slowly(mapping, {}, wish, {}, creating=True)
