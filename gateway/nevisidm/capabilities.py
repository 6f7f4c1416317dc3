"""What one nevisIDM installation can do: facts that mappings never state (mapping-format, section 3.8; gaps of the reference).

Set in the settings, probed at start where that is possible, lowered at run time when nevisIDM proves a claim wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Each field answers one question of the planner; the defaults are what the reference assumes."""

    release: str = "8.2511"  # "2.82.0", "7.2405", "8.2511"
    query_enabled: bool = True
    query_first: bool = False  # ask the index even where a list is short enough to be read whole: quicker, but as old as the index
    query_leading_wildcards: bool = False
    query_property_field: str = "{name}"  # how the index spells a property
    query_max_window: int = 10_000  # from + size
    ieq: Literal["on", "off", "lower", "upper"] = "on"  # `_IEQ`; lower/upper: all stored values are in that case
    sw: Literal["off", "exact", "ignore_case"] = "exact"  # `_SW` and how it treats case
    property_prefix: str = ""  # or "properties."
    total: Literal["server", "walk"] = "server"
    offset: bool = True
    max_limit: int = 1000
    desc_syntax: Literal["suffix", "local"] = "suffix"
    password_set_mode: Literal["change", "recreate", "reset"] = "change"
    clear_value: Literal["null", "empty"] = "null"
    generic_list: bool = True  # GET clients/{c}/generic-credentials exists
