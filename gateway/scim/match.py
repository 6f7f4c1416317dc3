"""Whether a resource fits a bound filter (RFC 7644 section 3.4.2.2): the check that no hit escapes.

The filter becomes closures once and runs on many resources. What the RFC leaves open is decided here:

- A condition on a multi-valued attribute holds if it holds for one value; in `x[f]` one value must satisfy all of `f`.
- `a ne v` is `not (a eq v)`: no value equals v. It holds where the attribute is absent, and `ne` and `not` never disagree.
- Absent, null, "", [] and a complex value of only those are one state. `a eq null` means "not there". `co`, `gt` and the like
  are false then.
- Strings compare by code points (in lower case unless caseExact, see `scim/comparison.py`), dateTimes as moments.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.errors import Fault
from gateway.scim.comparison import Comparable, comparable, folded, is_present
from gateway.scim.request import Json, Resource
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Operator, Or, Present, Within

Test = Callable[[Resource], bool]
_Find = Callable[[Attr], Attribute | None]

# The operands have been brought to one type before; operator.contains and its like take them as Any.
_COMPARE: Mapping[Operator, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "co": operator.contains,
    "sw": str.startswith,
    "ew": str.endswith,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def matches(tree: Filter, resource: Resource, kind: ResourceType) -> bool:
    """Whether the resource (canonical names) fits the bound filter."""
    return compile_match(tree, kind)(resource)


def compile_match(tree: Filter, kind: ResourceType) -> Test:
    """The bound filter as a function on resources. Raises Fault GW901 for a filter that was not bound to this type."""
    return _test(tree, kind.attribute)


def compile_value_match(tree: Filter, schema: Attribute) -> Callable[[Json], bool]:
    """A value path's filter (relative names) as a function on the values of its attribute, for PATCH and projection."""
    test = _test(tree, _inside(schema))
    return lambda value: test(value if isinstance(value, dict) else {"value": value})


def values(resource: Resource, attr: Attr) -> Iterator[Json]:
    """All values of an attribute or sub-attribute, multi-valued ones one by one; empty ones as they stand."""
    root = resource.get(attr.urn) if attr.urn else resource
    for value in _each(root.get(attr.name)) if isinstance(root, dict) else ():
        if attr.sub is None:
            yield value
        elif isinstance(value, dict):
            yield from _each(value.get(attr.sub))


def _each(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _test(tree: Filter, find: _Find) -> Test:
    match tree:
        case Compare():
            return _compare(tree, _found(tree.attr, find))
        case Present(attr):
            _found(attr, find)
            return lambda resource: any(map(is_present, values(resource, attr)))
        case Not(term):
            inner = _test(term, find)
            return lambda resource: not inner(resource)
        case And(terms):
            return _every(tuple(_test(term, find) for term in terms))
        case Or(terms):
            return _some(tuple(_test(term, find) for term in terms))
        case Within(attr, term):
            selects = compile_value_match(term, _found(attr, find))
            return lambda resource: any(is_present(value) and selects(value) for value in values(resource, attr))


def _every(tests: tuple[Test, ...]) -> Test:
    def every(resource: Resource) -> bool:
        for test in tests:  # noqa: SIM110 — a generator costs more than most tests
            if not test(resource):
                return False
        return True

    return every


def _some(tests: tuple[Test, ...]) -> Test:
    def some(resource: Resource) -> bool:
        for test in tests:  # noqa: SIM110
            if test(resource):
                return True
        return False

    return some


def _compare(condition: Compare, schema: Attribute) -> Test:
    attr, op, value = condition.attr, condition.op, condition.value
    if value is None or value == "":
        return _compare_empty(attr, op)
    wanted, compare = _wanted(value, schema), _COMPARE["eq" if op == "ne" else op]

    def test(resource: Resource) -> bool:
        found = (comparable(item, schema) for item in values(resource, attr))
        return any(item is not None and compare(item, wanted) for item in found)

    fits = _compare_plain(attr, schema, compare, wanted, test)
    return fits if op != "ne" else lambda resource: not fits(resource)


def _compare_plain(
    attr: Attr, schema: Attribute, compare: Callable[[Any, Any], bool], wanted: Comparable, otherwise: Test
) -> Test:
    """The same for an attribute of the core that shows one text or one truth value, as nearly all do: `otherwise` for all else."""
    texts = isinstance(wanted, str) and schema.type in ("string", "reference")
    if attr.sub is not None or attr.urn or not (texts or schema.type == "boolean"):
        return otherwise
    name, fold = attr.name, texts and not schema.case_exact
    expected: Any = str if texts else bool

    def test(resource: Resource) -> bool:
        value: Any = resource.get(name)
        if type(value) is not expected or value == "":
            return value is not None and otherwise(resource)
        return compare(value.lower() if fold else value, wanted)

    return test


def _compare_empty(attr: Attr, op: Operator) -> Test:
    """Null and "" are the state "not there"; every text contains "" and stands behind it."""

    def present(resource: Resource) -> bool:
        return any(map(is_present, values(resource, attr)))

    if op == "eq":
        return lambda resource: not present(resource)
    return (lambda _: False) if op in ("lt", "le") else present


def _wanted(value: Comparable, schema: Attribute) -> Comparable:
    return folded(value, schema) if isinstance(value, str) else value


def _found(attr: Attr, find: _Find) -> Attribute:
    schema = find(attr)
    if schema is None:
        raise Fault("GW901", "A filter was evaluated before its attributes were looked up.")
    return schema


def _inside(schema: Attribute) -> _Find:
    """Names inside a value path are relative to its attribute; the values of a simple one are called `value`."""
    if schema.type != "complex":
        return lambda attr: schema if attr == Attr("value") else None
    return lambda attr: schema.sub(attr.name) if attr.sub is None and attr.urn is None else None
