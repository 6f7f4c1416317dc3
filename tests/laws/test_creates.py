"""A create whose shape came before is not planned again. What is filled in then must be what planning anew finds, call by call."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ScimError
from gateway.mapping.model import Mapping
from gateway.mapping.put import Changes, changes
from gateway.mapping.view import view
from gateway.nevisidm.template import lookup_in
from gateway.plan.create import plan_create, planned_anew
from gateway.plan.filled import filled, made_up
from gateway.plan.plan import WritePlan
from gateway.plan.repeated import _memory
from tests.laws.test_mappings import MAPPINGS, SCENE, STORED, records

TENANT = lookup_in({"client": "acme", "settings": {"unit": "100"}})
CREATED = [mapping.name for mapping in STORED if "create" in mapping.operations]


def ids() -> Callable[[], str]:
    numbers = itertools.count()
    return lambda: f"made-{next(numbers)}"


def anew(mapping: Mapping, changed: Changes) -> WritePlan:
    new_id = ids()
    values = filled(mapping, changed.records, TENANT, new_id)
    return planned_anew(mapping, changed, values, made_up(mapping, changed.records), TENANT, new_id)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_create_of_a_known_shape_is_what_planning_anew_finds(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(CREATED))
    mapping = MAPPINGS.by_name[name]
    wish = view(mapping, data.draw(records(name)), SCENE)
    try:
        changed = changes(mapping, {}, wish, {}, SCENE, creating=True)
        expected = anew(mapping, changed)
    except ScimError:
        return  # a pattern is asked for what can be planned only
    if changed.elements or changed.added:
        return
    for _ in range(3):  # planned, planned and kept, filled
        assert plan_create(mapping, changed, TENANT, ids()) == expected
    other = {
        record: {keys: f"{value}!" if isinstance(value, str) else value for keys, value in fields.items()}
        for record, fields in changed.records.items()
    }
    alike = Changes(other, changed.attributes)
    assert plan_create(mapping, alike, TENANT, ids()) == anew(mapping, alike)


def test_the_shape_of_a_person_is_kept() -> None:
    mapping = MAPPINGS.by_name["User"]
    wish = {"userName": "a", "name": {"familyName": "B"}, "active": True}
    changed = changes(mapping, {}, wish, {}, SCENE, creating=True)
    for _ in range(3):
        plan_create(mapping, changed, TENANT, ids())
    assert any(callable(known) for known, kept in _memory.values() if kept is mapping)
