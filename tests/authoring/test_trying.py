"""`try` runs typed requests in a row against a sandbox of their own, and again when a mapping changes."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from gateway.command.trying import again_on_change, typed_of
from gateway.errors import ConfigError
from tests.authoring.conftest import Call

FIND = 'GET /Users?filter=userName eq "bjensen"&attributes=userName'
RETITLE = 'PATCH /Users/{id} {"Operations":[{"op":"replace","path":"title","value":"Guide"}]}'


def test_requests_run_in_a_row_and_the_id_goes_on(call: Call) -> None:
    done = call("try", FIND, RETITLE, "/admin/v1/Users/{id}?attributes=title", "--users", "3")
    assert done.exit_code == 0, done.output
    assert "ran      GET /core/v1/clients/100/users?loginId_IEQ=bjensen" in done.output
    assert "\nPATCH /scim/v2/Users/u-1001\n" in done.output
    assert "PATCH /core/v1/100/users/u-1001/properties" in done.output
    assert (
        done.output.rstrip().rpartition("GET /admin/v1/Users/u-1001?attributes=title")[2].count('"title": "Guide"') == 1
    )


def test_a_plan_stands_before_what_was_done(call: Call) -> None:
    said = call("try", FIND, "--plan", "--users", "3").output
    assert said.index("request  search User, dialect rfc") < said.index("\nroutes ") < said.index("ran      GET")


def test_what_is_refused_is_1_and_the_rest_runs(call: Call, folder: Path) -> None:
    done = call(
        "try",
        "GET /People?filter=userName zz 1",
        "GET /People/nobody",
        "GET /People",
        "--mappings",
        "m",
        "--users",
        "3",
        "--json",
    )
    told = json.loads(done.output)
    assert done.exit_code == 1
    assert [each.get("status") or each["run"]["answer"]["status"] for each in told] == [400, 404, 200]


def test_a_real_nevisidm_is_never_asked(call: Call, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("GATEWAY_NEVISIDM__URL", "http://127.0.0.1:9")
    done = call("try", "GET /People?count=1", "--mappings", "m", "--users", "2")
    assert (done.exit_code, "answer   200" in done.output) == (0, True), done.output


def test_wrong_usage_is_told(call: Call) -> None:
    assert call("try").exit_code == 2
    assert call("try", "nonsense").exit_code == 2
    assert call("try", FIND, "--watch").exit_code == 2
    assert "bjensen" in call("try", "--people").output


def test_a_request_is_method_address_and_body() -> None:
    typed = typed_of('post /Users {"a": {"b": 1}}', "/scim/v2")
    assert (typed.method, typed.address, typed.body) == ("POST", "/scim/v2/Users", b'{"a": {"b": 1}}')
    typed = typed_of('/admin/v1/Users?filter=userName eq "a b"', "/scim/v2")
    assert (typed.method, typed.address, typed.body) == ("GET", '/admin/v1/Users?filter=userName eq "a b"', b"")
    with pytest.raises(click.UsageError):
        typed_of("GET Users", "/scim/v2")


def test_it_runs_again_when_a_file_changes_and_waits_while_one_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []
    steps = iter(("", "edit", "", "new", "break"))

    def once() -> int:
        ran.append("ran")
        if len(ran) == 2:
            raise ConfigError("m/Person.yaml:1:1 M101 wrong", code="GW002")
        return 0

    def wait(seconds: float) -> None:
        step = next(steps)
        if step == "edit":
            (folder / "Person.yaml").write_text((folder / "Person.yaml").read_text() + "# changed\n")
        elif step == "new":
            (folder / "Other.yaml").write_text("format: 1\n")
        elif step == "break":
            raise KeyboardInterrupt

    assert again_on_change(once, folder, wait) == 0
    assert len(ran) == 3
    said = capsys.readouterr().out
    assert said.count("has changed") == 2
    assert "GW002 m/Person.yaml:1:1 M101 wrong" in said
