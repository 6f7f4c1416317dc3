"""IDCS knows each resource under two names, `id` and `ocid`, and each reference under `value` and `ocid`; here both are one.

So a filter or sort on an ocid is one on the id or the value (`finish` shows them alike). Before binding: the type declares no ocid.
"""

from __future__ import annotations

from gateway.scim.dialect import Dialect
from gateway.scim.tree import And, Attr, Compare, Filter, Not, Or, Present, Within


def attr_for(attr: Attr, dialect: Dialect) -> Attr:
    """`ocid` as `id`, `x.ocid` as `x.value`; in a dialect without ocids everything as it is."""
    if not dialect.common_attributes:
        return attr
    if attr.sub is not None and attr.sub.lower() == "ocid":
        return Attr(attr.name, "value", attr.urn)
    if attr.sub is None and attr.name.lower() == "ocid":
        return Attr("id", None, attr.urn)
    return attr


def filter_for(tree: Filter, dialect: Dialect) -> Filter:
    """The filter with every ocid replaced; inside a value path `ocid` is the element's `value`."""
    return _replaced(tree, dialect, inside=False) if dialect.common_attributes else tree


def _replaced(tree: Filter, dialect: Dialect, *, inside: bool) -> Filter:
    if isinstance(tree, And):
        return And(tuple(_replaced(term, dialect, inside=inside) for term in tree.terms))
    if isinstance(tree, Or):
        return Or(tuple(_replaced(term, dialect, inside=inside) for term in tree.terms))
    if isinstance(tree, Not):
        return Not(_replaced(tree.term, dialect, inside=inside))
    if isinstance(tree, Within):
        return Within(tree.attr, _replaced(tree.filter, dialect, inside=True))
    attr = Attr("value") if inside and tree.attr.name.lower() == "ocid" else attr_for(tree.attr, dialect)
    return Present(attr) if isinstance(tree, Present) else Compare(attr, tree.op, tree.value)
