"""The command as a person meets it: real processes, real sockets, exit statuses that other tools rely on."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from tests.process import run, running


def test_serve_says_loudly_that_it_is_a_sandbox_and_answers() -> None:
    with running("serve", "--port", "0", "--token", "t", "--users", "3") as (url, said):
        assert "SANDBOX" in said
        assert "Token: t" in said
        answer = httpx.get(f"{url}/admin/v1/Users/u-1001", headers={"Authorization": "Bearer t"})
        assert answer.json()["userName"] == "bjensen"
        assert httpx.get(f"{url}/scim/v2/Users/u-1001").status_code == 401


def test_serve_makes_a_token_when_none_is_given() -> None:
    with running("serve", "--port", "0", "--empty") as (url, said):
        token = re.search(r"^Token: (\S+)$", said, re.M)
        assert token
        answer = httpx.get(f"{url}/scim/v2/Users/u-1001", headers={"Authorization": f"Bearer {token[1]}"})
        assert answer.status_code == 404


def test_the_sandbox_alone_takes_switches_and_keeps_its_file(tmp_path: Path) -> None:
    file = tmp_path / "box.sqlite"
    options = ("sandbox", "--port", "0", "--db", str(file), "--users", "2", "--token", "t", "--set", "total_count=off")
    for _ in range(2):
        with running(*options) as (url, _said):
            headers = {"Authorization": "Bearer t"}
            users = f"{url}/nevisidm/api/core/v1/clients/100/users?returnTotalResultCount=true"
            answer = httpx.get(users, headers=headers).json()
            assert [each["loginId"] for each in answer["items"] if not each["isTechnicalUser"]] == [
                "bjensen",
                "mmuster",
            ]
            assert "totalResult" not in answer["_pagination"]


def test_the_gateway_speaks_to_a_sandbox_over_the_network(tmp_path: Path) -> None:
    with running("sandbox", "--port", "0", "--users", "2", "--token", "technical") as (upstream, _):
        config = tmp_path / "gateway.yaml"
        config.write_text(
            f"nevisidm: {{url: '{upstream}', login: {{token: technical}}}}\n"
            "callers: [{subject: hr, token: hr-token, roles: [Reader, User Administrator]}]\n"
        )
        with running("serve", "--port", "0", "--config", str(config)) as (url, said):
            assert "SANDBOX" not in said
            assert "Token" not in said
            answer = httpx.get(f"{url}/admin/v1/Users/u-1002", headers={"Authorization": "Bearer hr-token"})
            assert answer.json()["userName"] == "mmuster"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("serve", "--users", "-1"), 2, "--users"),
        (("serve", "--empty", "--users", "3"), 2, "contradict"),
        (("sandbox", "--set", "totl_count=off"), 3, "total_count"),
        (("serve", "--config", "/nowhere.yaml"), 2, "does not exist"),
        (("explain",), 2, "Missing argument"),
    ],
)
def test_wrong_usage_is_2_and_failing_to_start_is_3(arguments: tuple[str, ...], status: int, said: str) -> None:
    result = run(*arguments)
    assert (result.returncode, said in result.stderr) == (status, True), result.stderr


def test_a_token_is_refused_when_a_real_nevisidm_is_configured() -> None:
    result = run("serve", "--token", "t", GATEWAY_NEVISIDM__URL="https://nevis.example")
    assert result.returncode == 2
    assert "only allowed with the sandbox" in result.stderr


def test_without_callers_a_real_gateway_does_not_start() -> None:
    result = run(
        "serve", GATEWAY_NEVISIDM__URL="http://127.0.0.1:9", GATEWAY_NEVISIDM__LOGIN__TOKEN="x", GATEWAY_PROBE="false"
    )
    assert result.returncode == 3
    assert "nobody could come in" in result.stderr


def test_a_port_in_use_is_said_in_one_line() -> None:
    with running("serve", "--port", "0", "--empty") as (url, _):
        result = run("serve", "--empty", "--port", url.rpartition(":")[2])
        assert result.returncode == 3
        assert "in use" in result.stderr
        assert "Traceback" not in result.stderr


def test_help_tells_who_the_sample_people_are() -> None:
    said = run("sandbox", "--help").stdout
    assert "bjensen" in said
    assert "Welcome-" in said
    assert "total_count" in said


def test_check_and_lint_are_fine_as_shipped() -> None:
    for verb in ("check", "lint", "test"):
        result = run(verb)
        assert result.returncode == 0, result.stdout + result.stderr


def test_lint_exits_1_on_findings(tmp_path: Path) -> None:
    (tmp_path / "User.yaml").write_text("format: 1\nresource: User\nresorce: User\n")
    result = run("lint", str(tmp_path))
    assert result.returncode == 1
    assert re.search(r"User\.yaml:3:1 M101 .*did you mean", result.stdout)
