"""What the gateway finds out about an installation, asked of the emulator with each unknown turned both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.nevisidm.capabilities import Capabilities
from gateway.nevisidm.client import Client
from gateway.nevisidm.engine import Timeouts
from gateway.nevisidm.engine_httpx import HttpxEngine
from gateway.nevisidm.login import bearer
from gateway.nevisidm.probe import Probed, probe
from gateway.sandbox.app import sandbox
from gateway.sandbox.people import fill
from gateway.sandbox.switches import Switches

TENANT = "100"


def installation(people: int = 8, **switches: Any) -> Client:
    app = sandbox(switches=Switches(**switches), token="t")
    if people:
        fill(app.state.sandbox, people)
    return Client(HttpxEngine(httpx.ASGITransport(app=app)), "http://nevis", bearer("t"), timeouts=Timeouts(5, 5))


async def found(settings: Capabilities | None = None, **switches: Any) -> Probed:
    return await probe(installation(**switches), TENANT, settings or Capabilities())


async def test_an_installation_that_does_all_that_is_assumed_keeps_the_assumptions() -> None:
    assert (await found(query_leading_wildcard=False)).capabilities == Capabilities()


async def test_the_tenant_s_name_is_told() -> None:
    assert (await found()).client_name == "Default"


@pytest.mark.parametrize(
    ("switches", "field", "value"),
    [
        ({"modifiers_ieq": False}, "ieq", "off"),
        ({"modifiers_ieq": False, "unknown_parameters": "refuse"}, "ieq", "off"),
        ({"modifiers_sw": False}, "sw", "off"),
        ({"sw_ignores_case": True}, "sw", "ignore_case"),
        ({"total_count": False}, "total", "walk"),
        ({"offset": False}, "offset", False),
        ({"sort_suffix": False}, "desc_syntax", "local"),
        ({"property_prefix": "properties."}, "property_prefix", "properties."),
        ({"property_prefix": "plain"}, "property_prefix", ""),
        ({"property_ieq": True}, "property_ieq", True),
        ({"property_ieq": True, "property_prefix": "properties."}, "property_ieq", True),
        ({}, "property_ieq", False),
        ({"client_list_credentials": False}, "generic_list", False),
        ({"query_enabled": False}, "query_enabled", False),
        ({"query_enabled": False, "query_disabled_status": 422}, "query_enabled", False),
        ({"query_leading_wildcard": True}, "query_leading_wildcards", True),
    ],
    ids=str,
)
async def test_what_an_installation_does_otherwise_is_noticed(switches: Any, field: str, value: Any) -> None:
    assert getattr((await found(**switches)).capabilities, field) == value


async def test_a_rebuilding_index_is_there_and_says_nothing_about_wildcards() -> None:
    probed = await found(query_rebuilding=True, query_leading_wildcard=True)
    assert probed.capabilities.query_enabled
    assert not probed.capabilities.query_leading_wildcards
    assert any("rebuilding" in finding for finding in probed.findings)


async def test_what_the_settings_say_is_not_asked() -> None:
    for settings, fixed in (
        (Capabilities(ieq="lower", total="walk"), frozenset[str]()),
        (Capabilities(), frozenset({"sw"})),
    ):
        probed = await probe(installation(sw_ignores_case=True), TENANT, settings, fixed=fixed)
        assert (probed.capabilities.ieq, probed.capabilities.total) == (settings.ieq, settings.total)
        assert probed.capabilities.sw == ("exact" if fixed else "ignore_case")


async def test_without_people_nothing_is_proved_and_that_is_said() -> None:
    probed = await found(people=0, modifiers_ieq=False, offset=False)
    assert probed.capabilities == Capabilities()
    assert {finding.split()[0] for finding in probed.findings} >= {"ieq", "sw", "offset", "desc_syntax"}


async def test_a_parameter_taken_for_a_property_that_nobody_has_is_no_filter(
    upstream: Any, client_to: Callable[..., Client]
) -> None:
    """An installation that answers "nobody" to everything it does not know: the impossible value alone would prove nothing."""
    people = [{"extId": "u1", "loginId": "anna"}, {"extId": "u2", "loginId": "bert"}]

    async def nevisidm(scope: Any, receive: Any, send: Any) -> None:
        query = dict(pair.split("=") for pair in scope["query_string"].decode().split("&") if pair)
        unknown = set(query) - {"limit", "offset", "sortBy", "returnTotalResultCount", "extId"}
        upstream.says(200, {"items": [] if unknown else people, "name": "T"})
        await upstream(scope, receive, send)

    probed = await probe(client_to(nevisidm), TENANT, Capabilities())
    assert (probed.capabilities.ieq, probed.capabilities.sw) == ("off", "off")


@pytest.mark.parametrize("status", [401, 403, 500, 503])
async def test_an_installation_that_does_not_answer_keeps_its_settings(
    upstream: Any, client: Client, status: int
) -> None:
    upstream.on("GET /core/v1/clients/100", status)
    upstream.on("GET /core/v1/clients/100/users", status)
    probed = await probe(client, TENANT, Capabilities(ieq="off"))
    assert probed.capabilities == Capabilities(ieq="off")
    assert str(status) in probed.findings[0]


async def test_a_wrong_address_is_said(upstream: Any, client: Client) -> None:
    upstream.on("GET /core/v1/clients/100", 404, b"<html>", "text/html")
    assert "URL" in (await probe(client, TENANT, Capabilities())).findings[0]


async def test_only_reads_are_sent_and_no_value_stands_in_the_findings(
    upstream: Any, client_to: Callable[..., Client]
) -> None:
    app = sandbox(token="t")
    fill(app.state.sandbox, 8)
    methods = set()

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        methods.add(scope["method"])
        await app(scope, receive, send)

    probed = await probe(client_to(watched, login=bearer("t"), timeouts=Timeouts(5, 5)), TENANT, Capabilities())
    assert methods == {"GET"}
    assert not any("no-such-" in finding for finding in probed.findings)
