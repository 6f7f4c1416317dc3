"""Counting logins: pure functions from a credential and a policy to the credential after."""

from collections.abc import Sequence

import pytest

from gateway.sandbox.locking import FAILED, LOCKED, PAUSED, WARNED, expired, failed, lifted, succeeded, within
from gateway.sandbox.policy import LOCKING

NOW = 1_768_205_730_000
DAY = 86_400_000
ACTIVE = {"stateName": "active", "failedLoginCount": 0, "successfulLoginCount": 3}


def codes(count: int, **rules: str) -> Sequence[int]:
    """The codes of so many failures, each after the lock before it is over."""
    doc, now, answered = dict(ACTIVE), NOW, []
    for _ in range(count):
        code, after = failed(lifted(doc, now), {**LOCKING, **rules}, now)
        doc, now = dict(after), now + DAY
        answered.append(code)
    return answered


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, [FAILED, PAUSED, LOCKED]),  # the documented defaults: 2 and 3
        ({"tmpLockingThreshold": "-1"}, [FAILED, WARNED, LOCKED]),
        ({"maxCredFailureCount": "-1"}, [FAILED, PAUSED, PAUSED, PAUSED]),
        ({"maxCredFailureCount": "-1", "tmpLockingMode": "lenient"}, [FAILED, PAUSED, FAILED, PAUSED]),
        ({"maxCredFailureCount": "-1", "tmpLockingThreshold": "-1"}, [FAILED] * 4),
        ({"maxCredFailureCount": "1"}, [LOCKED]),
    ],
)
def test_failures_lock_as_the_policy_says(rules: dict[str, str], expected: Sequence[int]) -> None:
    assert codes(len(expected), **rules) == expected


def test_a_failure_counts_and_is_dated() -> None:
    _, after = failed(ACTIVE, LOCKING, NOW)
    assert after == {**ACTIVE, "failedLoginCount": 1, "lastFailedLoginDate": "2026-01-12T08:15:30Z"}


def test_a_success_forgets_the_failures() -> None:
    after = succeeded({**ACTIVE, "failedLoginCount": 2}, NOW)
    assert (after["failedLoginCount"], after["successfulLoginCount"]) == (0, 4)
    assert after["lastSuccessfulLoginDate"] == "2026-01-12T08:15:30Z"


def test_a_temporary_lock_lasts_its_duration_and_gives_the_state_before_back() -> None:
    code, locked = failed({**ACTIVE, "stateName": "initial", "failedLoginCount": 1}, LOCKING, NOW)
    assert (code, locked["stateName"]) == (PAUSED, "tmp-locked")
    assert lifted(locked, NOW + 59_999)["stateName"] == "tmp-locked"
    free = lifted(locked, NOW + 60_000)
    assert (free["stateName"], free["failedLoginCount"]) == ("initial", 2)
    assert not {"_lockedUntil", "_stateBefore"} & free.keys()


def test_a_final_lock_is_never_lifted() -> None:
    _, locked = failed({**ACTIVE, "failedLoginCount": 2}, LOCKING, NOW)
    assert lifted(locked, NOW + 10_000 * DAY)["stateName"] == "fail-locked"


@pytest.mark.parametrize(
    ("validity", "inside"),
    [
        (None, True),
        ({"from": "2026-01-12T08:15:30Z"}, True),
        ({"from": "2026-01-12T08:15:31Z"}, False),
        ({"to": "2026-01-12T08:15:31Z"}, True),
        ({"to": "2026-01-12T08:15:30Z"}, False),
    ],
)
def test_validity_includes_its_beginning_and_not_its_end(validity: dict[str, str] | None, inside: bool) -> None:
    assert within({"validity": validity}, NOW) is inside


def test_a_credential_expires_by_its_policy_s_lifetime_counted_from_its_last_change() -> None:
    rules = {**LOCKING, "credentialLifetime": str(DAY)}
    assert not expired(ACTIVE, rules, NOW - DAY, NOW)
    assert expired(ACTIVE, rules, NOW - DAY - 1, NOW)
    assert not expired({**ACTIVE, "lastChangeDate": "2026-01-12T08:00:00Z"}, rules, NOW - 9 * DAY, NOW)
    assert not expired(ACTIVE, {**LOCKING, "credentialLifetime": "-1"}, 0, NOW)
