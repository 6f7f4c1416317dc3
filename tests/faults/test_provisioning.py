"""Just-in-time provisioning through faults: whatever got lost, the same request sent again finishes it, and nothing is doubled."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.events import Crashed
from tests.operation.test_federated import LIST, NEVIS, SAML, stored
from tests.operation.test_provision import person, users

AT = f'/Users?match={LIST}[kind eq "generic"]'
ROOTS = pytest.mark.parametrize("root", ["/scim/v2", "/admin/v1"])


def body() -> dict[str, Any]:
    whole = person()
    whole[NEVIS]["federatedIdentities"].append(SAML)
    return whole


async def settled(upstream: Any, root: str) -> None:
    """The same request once more makes one person with everything; and then once more writes nothing."""
    upstream.wrapper.faults.clear()
    answer = await upstream.send("POST", root + AT, body())
    assert answer.status_code in (200, 201), answer.text
    [user] = users(upstream.world)
    assert (answer.json()["id"], len(stored(upstream.world, user))) == (user, 2)
    seen = await upstream.send("GET", f"{root}/Users/{user}?attributes=groups")
    assert [each["value"] for each in seen.json()["groups"]] == ["employee"]
    answer = await upstream.send("POST", root + AT, body())
    assert (answer.status_code, upstream.calls("POST"), upstream.calls("PATCH")) == (200, [], [])
    assert not [event for event in upstream.world.events if isinstance(event, Crashed)]


@ROOTS
@pytest.mark.parametrize("path", ["/identity$", "/saml-credentials$", "/generic-credentials$", "/eauthorizations$"])
@pytest.mark.parametrize("effect", ["reset_before", "reset_after", "hang", "hang_after", "truncated"])
async def test_one_reply_is_lost(upstream: Any, root: str, path: str, effect: str) -> None:
    upstream.fault(effect, method="POST", path=path, times=1)
    answer = await upstream.send("POST", root + AT, body())
    assert answer.status_code in (201, 502, 503, 504), answer.text
    await settled(upstream, root)


@pytest.mark.parametrize("path", ["/identity$", "/saml-credentials$", "/generic-credentials$", "/eauthorizations$"])
async def test_nevisidm_falls_silent_after_it(upstream: Any, path: str) -> None:
    """It did what it was asked, and then neither answers nor can be looked at nor lets anything be taken back."""
    upstream.fault("hang_after", method="POST", path=path, times=1)
    upstream.fault("hang", method="GET", path="/(users|profiles)/")
    upstream.fault("hang", method="DELETE")
    answer = await upstream.send("POST", "/scim/v2" + AT, body())
    assert (answer.status_code, len(users(upstream.world)), upstream.calls("DELETE")) == (502, 1, []), answer.text
    await settled(upstream, "/scim/v2")


async def test_what_nevisidm_cannot_decide_is_not_taken_back(upstream: Any) -> None:
    """A 503 in the middle leaves what is there: the repetition finishes it. A refusal for good takes it back."""
    upstream.fault("status", status=503, method="POST", path="/generic-credentials$")
    answer = await upstream.send("POST", "/scim/v2" + AT, body())
    assert (answer.status_code, len(users(upstream.world)), upstream.calls("DELETE")) == (503, 1, [])
    await settled(upstream, "/scim/v2")
