"""What one nevisIDM installation can do: facts that mappings never state (mapping-format, section 3.8; gaps of the reference).

Set in the settings, probed at start where that is possible, lowered at run time when nevisIDM proves a claim wrong. Each field says
itself what it changes and which gap of the reference it answers; the docs and the settings table are made from that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeVar

_T = TypeVar("_T")


def _can(default: _T, meaning: str, gap: int | None = None) -> _T:
    """A field with its meaning; typed as its default so that the annotations stay plain."""
    made: _T = field(default=default, metadata={"help": meaning, "gap": gap})
    return made


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Each field answers one question of the planner; the defaults are what the reference assumes."""

    release: str = _can("8.2511", "Calls that came later are not used.", 52)
    query_enabled: bool = _can(True, "The query service may be asked; off, every search takes the core lists.", 29)
    query_first: bool = _can(
        False,
        "The query service is asked first also where a list is short enough to be read: quicker, but as old as its index.",
    )
    query_leading_wildcards: bool = _can(False, "`co` may be asked of the query service.", 29)
    query_property_field: str = _can(
        "{name}", "How the index spells a custom property; `{name}` stands for its name.", 29
    )
    query_max_window: int = _can(10_000, "Hits of one query that can be paged through.", 29)
    ieq: Literal["on", "off", "lower", "upper"] = _can(
        "on", "`eq` without regard to case is pushed; `lower` or `upper`: all stored values are so.", 7
    )
    sw: Literal["off", "exact", "ignore_case"] = _can("exact", "`sw` is pushed, and how it treats case.", 7)
    property_prefix: str = _can("", "How a filter on a custom property is spelt: nothing, or `properties.`.", 8)
    property_ieq: bool = _can(False, "`eq` without regard to case is pushed of custom properties, too.", 8)
    total: Literal["server", "walk"] = _can("server", "nevisIDM counts (`server`), or the gateway does (`walk`).", 12)
    offset: bool = _can(True, "Pages begin anywhere; else they are walked to.", 13)
    max_limit: int = _can(1000, "Rows of one list call.", 11)
    desc_syntax: Literal["suffix", "local"] = _can("suffix", "Descending order is nevisIDM's, or made here.", 10)
    clear_value: Literal["null", "empty"] = _can("null", "What empties a field.", 18)
    generic_list: bool = _can(True, "Generic credentials of all people have a list of their own.", 32)
