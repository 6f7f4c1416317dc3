"""Each caller may ask so often, by IDCS's groups of addresses, and no caller's requests count as another's."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.edge.caller.tokens import digest
from gateway.edge.rates import group_of
from gateway.edge.sharing import rates_for
from gateway.errors import ConfigError, Denied
from gateway.scim.address import first_name
from gateway.scim.request import Caller
from gateway.settings import Settings
from gateway.settings.limits import TIERS
from gateway.settings.source import load_settings
from gateway.shared.in_process import InProcess
from tests.conftest import shipped

Make = Callable[..., Awaitable[Any]]
CHECK = "/admin/v1/PasswordAuthenticator"
PASSWORD = {
    "schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"],
    "mappingAttributeValue": "x",
    "password": "wrong",
}


def caller(subject: str, **more: Any) -> dict[str, Any]:
    return {"subject": subject, "token_sha256": digest(subject), "roles": ["Identity Domain Administrator"], **more}


async def codes(world: Any, path: str, times: int, **headers: str) -> list[int]:
    return [(await world.send("GET", path, **headers)).status_code for _ in range(times)]


def as_(subject: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {subject}"}


async def test_without_any_setting_a_caller_has_idcs_s_highest_rates() -> None:
    hands = [0.0]
    rates = rates_for(Settings(), InProcess(clock=lambda: hands[0]))

    async def asked(group: str) -> int:
        number = 0
        while number < 10_000:
            try:
                await rates.check(Caller("hr"), group)
            except Denied as refused:
                return number if refused.code.code == "GW307" else -1
            number += 1
        return number

    at_once = {group: await asked(group) for group in ("authn", "basicauthn", "token", "others", "bulk")}
    assert at_once == {"authn": 95, "basicauthn": 95, "token": 65, "others": 90, "bulk": 5}
    minute = 0
    for hands[0] in range(1, 61):
        minute += await asked("bulk")
    assert 199 <= minute + 5 <= 400
    assert TIERS["free"]["bulk"] == ("5/second", "200/minute")


@pytest.mark.parametrize(("root", "said"), [("/admin/v1", "messageId"), ("/scim/v2", "status")])
async def test_the_refusal_is_a_scim_error_that_says_when(make_world: Make, root: str, said: str) -> None:
    world = await make_world(users=1, rates={"tier": "none", "groups": {"others": ["1/hour"]}})
    assert (await codes(world, f"{root}/Users?count=0", 1)) == [200]
    answer = await world.send("GET", f"{root}/Users?count=0")
    assert (answer.status_code, answer.headers["proxy-status"]) == (429, 'scim-gateway; details="GW307"')
    assert 3590 <= int(answer.headers["retry-after"]) <= 3600
    body = answer.json()
    assert body["status"] == "429"
    assert said in json.dumps(body)
    if root == "/admin/v1":
        extension = body["urn:ietf:params:scim:api:oracle:idcs:extension:messages:Error"]
        assert extension["messageId"] == "error.common.common.tooManyRequests"


async def test_a_refused_request_costs_nevisidm_nothing(make_world: Make) -> None:
    world = await make_world(users=1, rates={"tier": "none", "groups": {"others": ["1/hour"]}})
    await codes(world, "/admin/v1/Users?count=1", 1)
    world.box.journal.on = True
    await codes(world, "/admin/v1/Users?count=1", 3)
    assert world.box.journal() == []


async def test_callers_do_not_count_as_each_other_and_one_may_have_a_tier_of_its_own(make_world: Make) -> None:
    callers = [caller("hr"), caller("crm"), caller("sync", tier="none"), caller("small", tier="free")]
    world = await make_world(users=1, callers=callers, rates={"tier": "none", "groups": {"others": ["2/hour"]}})
    path = "/scim/v2/Users?count=0"
    assert await codes(world, path, 3, **as_("hr")) == [200, 200, 429]
    assert await codes(world, path, 3, **as_("crm")) == [200, 200, 429]
    assert await codes(world, path, 5, **as_("sync")) == [200] * 5
    assert (await codes(world, path, 21, **as_("small")))[:20] == [200] * 20


async def test_groups_are_counted_apart(make_world: Make) -> None:
    rates = {"others": ["1/hour"], "basicauthn": ["1/hour"], "bulk": ["1/hour"]}
    world = await make_world(users=1, rates={"tier": "none", "groups": rates})
    bulk = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": []}
    for expected in ([200, 400, 201], [429, 429, 429]):
        found = [
            (await world.send("GET", "/admin/v1/Users?count=0")).status_code,
            (await world.send("POST", CHECK, PASSWORD)).status_code,
            (await world.send("POST", "/admin/v1/Bulk", bulk)).status_code,
        ]
        assert found == expected


async def test_another_spelling_of_an_address_is_the_same_group_and_a_stranger_s_requests_count_nowhere(
    make_world: Make,
) -> None:
    world = await make_world(users=1, rates={"tier": "none", "groups": {"basicauthn": ["1/hour"]}})
    assert (await world.send("POST", CHECK, PASSWORD, Authorization="Bearer guess")).status_code == 401
    assert (await world.send("POST", CHECK, PASSWORD)).status_code == 400
    assert (await world.send("POST", "/admin/v1/%50assWORDAuthenticator/", PASSWORD)).status_code == 429


async def test_who_acts_as_itself_is_counted_by_address(make_world: Make) -> None:
    world = await make_world(users=2, rates={"tier": "none", "groups": {"others": ["2/hour"]}})
    found = [
        (await world.send("GET", "/admin/v1/Me", Authorization=f"Bearer guess{number}")).status_code
        for number in range(4)
    ]
    assert found == [401, 401, 429, 429]


@pytest.mark.parametrize(
    ("tail", "group"),
    [
        ("/Users", "others"),
        ("/Schemas", "others"),
        ("/Bulk", "bulk"),
        ("/PasswordAuthenticator", "basicauthn"),
        ("/UserPasswordChanger/u1", "authn"),
        ("/UserLockedStateChanger/u1", "authn"),
        ("/Nothing", "others"),
    ],
)
def test_the_group_of_an_address(tail: str, group: str) -> None:
    assert group_of(first_name(tail), shipped()) == group


def test_a_rate_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"rates\.groups\.others\.0.*is no rate"):
        load_settings(None, {"GATEWAY_RATES__GROUPS": '{"others": ["10/fortnight"]}'})
    with pytest.raises(ConfigError, match=r"rates\.groups\.other\b"):
        load_settings(None, {"GATEWAY_RATES__GROUPS": '{"other": ["10/second"]}'})


async def test_failed_checks_of_many_subjects_are_bounded_for_their_caller(make_world: Make) -> None:
    callers = [caller("portal"), caller("other")]
    world = await make_world(users=3, callers=callers, rates={"tier": "none", "failed_checks": "5/hour"})

    async def check(subject: str, name: str, password: str) -> int:
        body = {**PASSWORD, "mappingAttributeValue": name, "password": password}
        return int((await world.send("POST", CHECK, body, **as_(subject))).status_code)

    assert [await check("portal", f"nobody{number}", "Spring2026!") for number in range(6)] == [400] * 5 + [429]
    assert await check("portal", "bjensen", "Spring2026!") == 429
    assert await check("other", "bjensen", "Spring2026!") == 400
