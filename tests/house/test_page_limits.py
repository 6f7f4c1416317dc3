"""docs/limits.md: its tables are those that the gateway has, and every limit of a request is in them with its error."""

from __future__ import annotations

from collections.abc import Callable

from gateway.errors import CODES
from gateway.settings.limits import TIERS, LimitSettings
from tests.house.page import Page, table

PAGE = "limits.md"
CODE = {
    "body_bytes": "GW103",
    "body_depth": "GW118",
    "body_seconds": "GW127",
    "uri_bytes": "GW120",
    "filter_length": "GW107",
    "filter_terms": "GW107",
    "filter_depth": "GW107",
    "search_length": "GW107",
    "search_terms": "GW107",
    "page_size": "",
    "bulk_operations": "GW103",
    "bulk_bytes": "GW103",
    "requests": "GW509",
    "connections": "",
}
"""The error of each limit; none where something else is done."""


def limits() -> str:
    fields = LimitSettings.model_fields
    assert set(fields) == set(CODE)
    rows = [
        [
            f"`{name}`",
            str(info.description),
            "" if info.default is None else f"{info.default:,}".replace(",", " "),
            f"{CODES[CODE[name]].status} {CODE[name]}" if CODE[name] else "",
        ]
        for name, info in fields.items()
    ]
    return table(["setting", "what", "usually", "beyond"], rows)


def tiers() -> str:
    groups = list(TIERS["premium"])
    rows = [
        [
            f"`{tier}`",
            *(" · ".join(each.partition("/")[0] for each in rates[group]) if rates else "" for group in groups),
        ]
        for tier, rates in TIERS.items()
    ]
    return table(["tier", *(f"`{group}`" for group in groups)], rows)


def test_the_limits_of_a_request(page: Callable[[str], Page]) -> None:
    page(PAGE).holds("request", limits())


def test_the_tiers(page: Callable[[str], Page]) -> None:
    page(PAGE).holds("tiers", tiers())
