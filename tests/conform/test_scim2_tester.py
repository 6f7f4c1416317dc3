"""What scim2-tester finds on /scim/v2 of a real server; its report is printed.

By itself it can make up no date, no unit and no owner of a credential. So it judges twice: by itself a site's cut of User without such
attributes (`plain/User.yaml`), where everything has to succeed, and all shipped types after it was told what they are about.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.conform.conftest import HERE, TOKEN

NAMES = {
    "User.nevis:properties": ["costCentre", "employmentType"],
    "User.nevis:profile": ["function", "workPlace", "signingRight"],
    "UserGenericCredentials.properties": ["system", "note", "environment", "description"],
    "UserCertificateCredentials.properties": ["purpose"],
    "App.nevis:displayName": ["EN", "DE"],
}
"""Custom properties of the installation, as an operator would declare them."""

FREELY = {"GATEWAY_RATES__TIER": "none"}
"""The judge asks as fast as it can."""

Judge = Callable[..., Any]
Serve = Callable[..., str]


def test_scim2_tester_by_itself_passes_completely(judge: Judge, serve: Serve) -> None:
    found = judge(
        "scim2_judge.py", "alone", f"{serve('--empty', GATEWAY_MAPPINGS=str(HERE / 'plain'), **FREELY)}/scim/v2", TOKEN
    )
    print(found.stdout, found.stderr)
    assert found.returncode == 0, without(found.stdout, "SUCCESS") + found.stderr
    assert found.stdout.count("SUCCESS User ") > 25


def test_scim2_tester_finds_nothing_but_what_is_known(judge: Judge, serve: Serve) -> None:
    url = serve("--empty", GATEWAY_NAMES=json.dumps(NAMES), GATEWAY_CAPABILITIES__RELEASE="8.2605", **FREELY)
    found = judge("scim2_judge.py", "told", f"{url}/scim/v2", TOKEN)
    print(found.stdout, found.stderr)
    assert found.returncode == 0, without(found.stdout, "ok") + found.stderr
    assert found.stdout.count("\nok ") > 550


def without(report: str, passed: str) -> str:
    return "\n".join(line for line in report.splitlines() if not line.startswith(passed))
