"""What HTTP answers mean: nevisIDM's word, or somebody else's in front of it."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import orjson
import pytest

from gateway.nevisidm.call import Refusal, Reply, Request
from gateway.nevisidm.engine import Exchange
from gateway.nevisidm.reply import understand

GET, PATCH = Request("user.read", "GET", "/x"), Request("user.update", "PATCH", "/x")
HTML = b"<html><body>502 Bad Gateway</body></html>"


def answer(status: int, body: Any = b"", kind: str = "application/json;charset=UTF-8", **headers: str) -> Exchange:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Exchange(status, {"content-type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}}, raw)


def refused(request: Request, exchange: Exchange) -> Refusal:
    with pytest.raises(Refusal) as caught:
        understand(request, exchange)
    return caught.value


def error(*codes: str, **more: Any) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": f"about {code}"} for code in codes], **more}


def test_json_is_a_reply_with_its_location() -> None:
    found = understand(GET, answer(201, {"extId": "u1"}, location="/users/u1"))
    assert found == Reply(201, {"extId": "u1"}, "/users/u1")


@pytest.mark.parametrize("status", [200, 201, 204])
def test_no_body_is_a_reply_whatever_type_it_claims(status: int) -> None:
    assert understand(PATCH, answer(status, b"", "text/html")) == Reply(status)


def test_the_query_service_rebuilding_is_a_reply_for_its_caller_to_judge() -> None:
    body = {"response": None, "messages": {"infos": ["The index is being rebuilt."]}}
    assert understand(GET, answer(200, body)).json == body


@pytest.mark.parametrize(
    "exchange",
    [answer(200, HTML, "text/html"), answer(200, b'{"items": ['), answer(200, {"a": 1}, "text/html")],
    ids=["html", "half a JSON", "JSON under another name"],
)
def test_a_2xx_that_is_not_json_is_broken_and_leaves_a_write_open(exchange: Exchange) -> None:
    read, write = refused(GET, exchange), refused(PATCH, exchange)
    assert (read.kind, read.status, read.unknown_outcome) == ("broken", 200, False)
    assert (write.kind, write.unknown_outcome) == ("broken", True)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_broken(status: int) -> None:
    assert refused(PATCH, answer(status, b"", location="/login")).kind == "broken"


def test_an_error_dto_keeps_its_codes_in_order_and_its_words_apart() -> None:
    found = refused(PATCH, answer(422, error("errors.duplicateName", "errors.invalidData", "errors.duplicateName")))
    assert (found.kind, found.status, found.json) == ("http", 422, True)
    assert found.codes == ("errors.duplicateName", "errors.invalidData")
    assert found.words == {
        "errors.duplicateName": "about errors.duplicateName",
        "errors.invalidData": "about errors.invalidData",
    }
    assert "about" not in str(found)
    assert not found.unknown_outcome


def test_of_a_violated_policy_only_the_rules_names_are_kept() -> None:
    violations = [
        {"displayName": "Minimum length", "suppliedValue": "hunter2", "configString": "minLength=8", "limitValue": 8},
        {"displayName": 3},
    ]
    found = refused(PATCH, answer(422, error("errors.pwdPolicyViolated", policyViolations=violations)))
    assert found.rules == ("Minimum length (8)",)
    assert "hunter2" not in repr(vars(found))


@pytest.mark.parametrize("status", [400, 404, 422])
def test_the_query_service_s_own_way_to_refuse_is_understood(status: int) -> None:
    body = {"response": None, "messages": {"errors": ["Parameter 'q' is mandatory."]}}
    found = refused(GET, answer(status, body))
    assert (found.kind, found.status, found.json, found.codes) == ("http", status, True, ())


@pytest.mark.parametrize("body", [HTML, b"", b'{"status":404,"error":"Not Found"}', b"[1]", b'{"errors":"none"}'])
def test_a_404_that_nevisidm_did_not_write_is_told_from_one_that_it_did(body: bytes) -> None:
    kind = "text/html" if body == HTML else "application/json"
    assert not refused(GET, answer(404, body, kind)).json
    assert refused(GET, answer(404, error("errors.noRecord"))).json


@pytest.mark.parametrize("status", [401, 405, 408, 429, 500, 503])
def test_a_status_that_speaks_for_itself_needs_no_body(status: int) -> None:
    found = refused(GET, answer(status, HTML, "text/html"))
    assert (found.kind, found.status, found.json) == ("http", status, False)


@pytest.mark.parametrize("status", [400, 403, 409, 415, 422])
def test_any_other_4xx_in_html_comes_from_somebody_else(status: int) -> None:
    found = refused(GET, answer(status, HTML, "text/html"))
    assert (found.kind, found.status) == ("broken", status)


@pytest.mark.parametrize(("status", "unknown"), [(500, True), (502, True), (503, False), (504, True), (429, False)])
def test_a_write_behind_a_failing_proxy_may_have_taken_effect(status: int, unknown: bool) -> None:
    assert refused(PATCH, answer(status, HTML, "text/html")).unknown_outcome is unknown
    assert not refused(GET, answer(status, HTML, "text/html")).unknown_outcome
    assert not refused(PATCH, answer(status, error("errors.fatalError"))).unknown_outcome


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7), ("999999999999", 3600), ("soon", None), ("", None), ("-3", None), ("²", None)]
)
def test_retry_after_in_seconds(text: str, seconds: int | None) -> None:
    assert refused(GET, answer(503, retry_after=text)).retry_after == seconds


def test_retry_after_as_a_date() -> None:
    found = refused(GET, answer(503, retry_after=formatdate(time.time() + 60, usegmt=True))).retry_after
    assert found in range(58, 62)
    assert refused(GET, answer(503, retry_after=formatdate(0, usegmt=True))).retry_after == 0


@pytest.mark.parametrize("errors", [None, [None, 3, {}], [{"code": 7}], [{"code": "errors.x", "message": None}]])
def test_a_strange_error_dto_breaks_nothing(errors: Any) -> None:
    found = refused(GET, answer(500, {"errors": errors, "policyViolations": "x"}))
    assert found.status == 500
    assert found.rules == ()
