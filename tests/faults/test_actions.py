"""Actions of several calls have no undo: what was done before a refusal is named, and what is lost is never sent twice."""

from __future__ import annotations

from tests.faults.conftest import Upstream

REMOVER = "urn:ietf:params:scim:schemas:oracle:idcs:AuthenticationFactorsRemover"
RESETTER = "urn:ietf:params:scim:schemas:oracle:idcs:UserPasswordResetter"


async def test_what_was_removed_before_a_refusal_is_named(upstream: Upstream) -> None:
    upstream.fault("status", status=500, method="GET", path="/safeword")
    body = {"schemas": [REMOVER], "user": {"value": "u-1001"}, "type": "MFA"}
    answer = await upstream.send("POST", "/admin/v1/AuthenticationFactorsRemover", body)
    assert answer.status_code == 500
    assert answer.json()["detail"].endswith("What was done before stays: noSecurid.")
    assert upstream.calls("DELETE") == ["DELETE securid 204"]


async def test_nothing_is_named_where_nothing_was_done(upstream: Upstream) -> None:
    upstream.fault("status", status=500, method="GET", path="/fido2")
    body = {"schemas": [REMOVER], "user": {"value": "u-1001"}, "type": "MFA"}
    answer = await upstream.send("POST", "/admin/v1/AuthenticationFactorsRemover", body)
    assert answer.status_code == 500
    assert "stays" not in answer.json()["detail"]


async def test_a_reset_whose_reply_is_lost_is_not_sent_again(upstream: Upstream) -> None:
    upstream.fault("hang_after", path="/reset")
    answer = await upstream.send("PUT", "/admin/v1/UserPasswordResetter/u-1001", {"schemas": [RESETTER]})
    assert (answer.status_code, "lost" in answer.json()["detail"]) == (502, True)
    assert len(upstream.calls("POST", "/reset")) == 1
