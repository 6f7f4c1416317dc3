"""Reads filters (RFC 7644 section 3.4.2.2), attribute notation (section 3.10) and PATCH paths (section 3.5.2).

The entry to everything that can stand in `filter`, `attributes`, `sortBy` and `path`. Names are as typed; `scim/binding.py` looks them
up. For attributes and paths there are own small readers: scim2_filter_parser has none that is safe (`members[value eq "x"]` lost
its bracket and emptied groups), so only filters go through it, see `scim/grammar.py`; those of one shape once, see `scim/lifted.py`.
"""

from __future__ import annotations

import re

from gateway.errors import BadRequest
from gateway.scim.lifted import read_filter
from gateway.scim.syntax import NAME, SEARCH_LIMITS, URI, FilterLimits, too_large
from gateway.scim.tree import Attr, Filter, Path, Within

__all__ = ["SEARCH_LIMITS", "FilterLimits", "parse_attr", "parse_filter", "parse_path"]

_ATTR = re.compile(rf"(?:({URI}):)?({NAME})(?:\.({NAME}))?")
_URI_ALONE = re.compile(URI)
_TAIL = re.compile(rf"\.({NAME})")
_DEFAULT = FilterLimits()


def parse_filter(text: str, limits: FilterLimits = _DEFAULT) -> Filter:
    """The filter as a tree. Raises BadRequest: GW104 cannot be read (also the empty filter), GW107 too large."""
    if len(text) > limits.length:
        raise too_large(f"is longer than {limits.length} characters")
    return read_filter(text, limits)


def parse_attr(text: str) -> Attr:
    """An attribute such as `name.familyName` or `urn:…:User:manager.value`. Raises BadRequest GW108.

    A URN alone looks like an attribute of a shorter URN and is read so, unless its last part is no name (then the attribute
    is `Attr("", urn=text)`); `bind_attr` and `bind_path` know the type's URNs and recognise it either way.
    """
    text = _within_length(text, _DEFAULT)
    attr, end = _leading_attr(text)
    if end != len(text):
        raise _no_path(end)
    return attr


def parse_path(text: str, limits: FilterLimits = _DEFAULT) -> Path:
    """`attr`, `attr.sub`, `attr[filter]` or `attr[filter].sub`, with or without URN.

    Raises BadRequest: GW108 for a wrong path, GW104 or GW107 for a wrong filter in its brackets.
    """
    text = _within_length(text, limits)
    attr, end = _leading_attr(text)
    if end == len(text):
        return Path(attr)
    close = text.rfind("]") + 1  # the last one: tails hold none, and brackets do not nest
    if text[end] != "[" or not close:
        raise _no_path(end)
    selection = parse_filter(text[:close], limits)  # with the attribute before it, so that columns are right
    tail = _TAIL.fullmatch(text, close)
    if not isinstance(selection, Within) or (close < len(text) and tail is None):
        raise _no_path(close)
    return Path(selection.attr, selection.filter, tail[1] if tail else None)


def _leading_attr(text: str) -> tuple[Attr, int]:
    """The attribute that a text begins with, and where it ends."""
    if ":" in text and _URI_ALONE.fullmatch(text) and not _ATTR.fullmatch(text):
        return Attr("", urn=text), len(text)
    found = _ATTR.match(text)
    if found is None:
        raise _no_path(0)
    return Attr(found[2], found[3], found[1]), found.end()


def _within_length(text: str, limits: FilterLimits) -> str:
    if len(text) > limits.length:
        raise BadRequest("GW108", f"The path is longer than {limits.length} characters.")
    return text.strip()


def _no_path(index: int) -> BadRequest:
    forms = "attr, attr.sub, attr[filter] or attr[filter].sub"
    return BadRequest("GW108", f"The path cannot be read at column {index + 1}; a path has the form {forms}.")
