"""Telling what we sent from what was there before."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.nevisidm.call import Call
from gateway.nevisidm.evidence import took_effect
from gateway.nevisidm.template import parse_template

SENT = {"extId": "u1", "name": {"firstName": "A"}, "languageCode": "en", "validity": {"to": "2030-01-01"}, "flag": True}


@pytest.mark.parametrize(
    ("found", "yes"),
    [
        ({**SENT, "version": 1, "created": "now"}, True),
        ({"extId": "u1"}, True),
        ({**SENT, "languageCode": "EN", "validity": {"to": "2030-01-01T00:00:00Z", "from": "x"}}, True),
        ({**SENT, "extId": "u2"}, False),
        ({**SENT, "name": {"firstName": "B"}}, False),
        ({**SENT, "flag": False}, False),
        ({**SENT, "name": None}, False),
        ({"version": 1}, False),
        ({"items": [{"extId": "u0"}, SENT]}, True),
        ({"items": [{"extId": "u0"}]}, False),
        ({"items": []}, False),
        (None, False),
        ([], False),
    ],
)
def test_a_create_shows_in_what_is_found(found: Any, yes: bool) -> None:
    assert took_effect(Call("x", "POST", parse_template("/x"), body=SENT), found) is yes


def test_a_part_of_a_body_of_several_records_is_enough() -> None:
    call = Call("x", "POST", parse_template("/x"), body={"user": {"extId": "u1"}, "profile": {"extId": "p1"}})
    assert took_effect(call, {"extId": "u1", "loginId": "b"})
    assert not took_effect(call, {"extId": "u2"})


def test_what_should_be_gone_and_is_found_did_not_happen() -> None:
    assert not took_effect(Call("x", "DELETE", parse_template("/x")), {"extId": "u1"})


def test_a_call_without_a_body_leaves_no_evidence() -> None:
    assert not took_effect(Call("x", "PUT", parse_template("/x")), {"extId": "u1"})


def test_an_empty_text_agrees_with_nothing_but_itself() -> None:
    call = Call("x", "POST", parse_template("/x"), body={"extId": ""})
    assert not took_effect(call, {"extId": "u1"})
