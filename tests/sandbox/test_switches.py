"""Switches read from texts, and their description."""

import dataclasses

import pytest

from gateway.sandbox.switches import SwitchError, Switches


def test_settings_become_values_of_their_types() -> None:
    made = Switches.parse(
        ["offset=off", "lock_status=412", "query_lag_seconds=0.5", "release=8.2511", "clear_value=NULL"]
    )
    expected = Switches(offset=False, lock_status=412, query_lag_seconds=0.5, release="8.2511", clear_value="null")
    assert made == expected


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("ofset=on", "There is no sandbox switch 'ofset': did you mean 'offset'?"),
        ("zzz=on", "There is no sandbox switch 'zzz': see --help for the list."),
        ("offset", "Switch 'offset' needs a value, as in offset=on."),
        ("offset=maybe", "Switch 'offset' cannot be 'maybe': it is one of on|off."),
        ("clear_value=nul", "Switch 'clear_value' cannot be 'nul': it is one of null|empty|both. Did you mean 'null'?"),
        ("lock_status=500", "Switch 'lock_status' cannot be '500': it is one of 409|412|422."),
        ("max_limit=-1", "Switch 'max_limit' cannot be '-1': it is a number that is not negative."),
        ("query_lag_seconds=inf", "Switch 'query_lag_seconds' cannot be 'inf': it is a number that is not negative."),
    ],
)
def test_a_wrong_setting_is_refused_with_its_cure(setting: str, text: str) -> None:
    with pytest.raises(SwitchError) as caught:
        Switches.parse([setting])
    assert str(caught.value) == text


def test_every_switch_is_described_with_values_default_and_gap() -> None:
    lines = Switches.describe()
    assert [line.partition("=")[0] for line in lines] == [field.name for field in dataclasses.fields(Switches)]
    assert "patch_nested=merge|replace  [merge]  a nested object in a PATCH body (gap 17)" in lines
    assert "offset=on|off  [on]  offset= is understood (else ignored) (gap 13)" in lines
