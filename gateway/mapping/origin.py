"""What a leaf shows that comes from no field: a constant, or a template over the records (`from` in a mapping).

A template of nothing but holes and blanks shows the parts that are known, since half a name is better than none; any other is shown whole
or not at all. In an address below `{base}` every value is percent-encoded, so it cannot become another address; one that leads to an id
of several parts is written as that id is.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from gateway.mapping.identity import compose
from gateway.mapping.leaf import Leaf
from gateway.nevisidm.template import Lookup, Template, parse_template

Json = Any


def constant_of(leaf: Leaf) -> str | bool | int | None:
    """The constant that a leaf always shows; None if it shows anything else."""
    origin = leaf.origin.get("")
    if not isinstance(origin, Template):
        return origin
    return None if origin.holes else origin.text


def is_constant(leaf: Leaf) -> bool:
    """Whether the leaf shows the same for every resource."""
    return leaf.first is None and constant_of(leaf) is not None


def from_origin(leaf: Leaf, find: Lookup) -> Json:
    """The value of the leaf's template or constant (`by`: of the one for that field's value); None if a hole is not known."""
    origin = leaf.origin.get("" if leaf.by is None else str(find(str(leaf.by))))
    if not isinstance(origin, Template):
        return origin
    if is_spoken(origin):
        return spoken(map(find, origin.holes))
    if is_address(origin):
        found = [_segment(each, find) for each in segments(origin.text)]
        return "/".join(map(str, found)) if None not in found else None
    return origin.fill(find)


def is_spoken(origin: Template) -> bool:
    """Whether it is a template of nothing but holes and blanks."""
    return all(not isinstance(part, str) or not part.strip() for part in origin.parts)


def spoken(values: Iterable[Json]) -> str | None:
    """The known parts of such a template: half a name is better than none."""
    return " ".join([str(value) for value in values if value not in (None, "")]) or None


def is_address(origin: Template) -> bool:
    """Whether it leads to another resource."""
    return origin.text.startswith("{base}/")


@functools.cache
def segments(text: str) -> tuple[Template, ...]:
    """The segments of an address."""
    return tuple(map(parse_template, text.split("/")))


def _segment(template: Template, find: Lookup) -> str | None:
    """One segment of an address: an id with separators as such ids are written, everything percent-encoded."""
    if template.text == "{base}":
        return template.fill(find)
    return _encoded(compose(template, find)) if is_separated(template) else template.fill_path(find)


def is_separated(template: Template) -> bool:
    """Whether an id of this form has something beside one hole."""
    return bool(template.holes) and len(template.parts) > 1


def _encoded(value: str | None) -> str | None:
    return None if value is None else quote(value, safe="")
