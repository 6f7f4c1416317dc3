"""What the command shows of settings, and how: origins, secrets hidden, tables on a terminal alone, completion by the shell itself."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.errors import ConfigError
from gateway.settings import names
from gateway.settings.source import load_settings
from tests.process import COMMAND, ROOT, environment

SECRET = "geheim-4711-" + "x" * 32


def shown(*arguments: str, **environ: str) -> str:
    ran = CliRunner().invoke(main, ["show", *arguments], env=environ, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_each_value_names_who_said_it_and_no_secret_is_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    (tmp_path / "headers").write_text(f"x-key: {SECRET}\nx-other: {SECRET}\n")
    file = tmp_path / "gateway.yaml"
    file.write_text(
        "nevisidm:\n"
        "  url: https://idm.example.ch\n"
        f"  login: {{ mode: bearer, token: {SECRET} }}\n"
        "callers:\n"
        "  - subject: hr\n"
        f"    token_file: {tmp_path / 'secret'}\n"
        f"  - {{ subject: crm, password_hash: {SECRET} }}\n"
        f"traces: {{ endpoint: 'http://c/v1/traces', headers_file: {tmp_path / 'headers'} }}\n"
    )
    told = shown(
        *("config", "--config", str(file), "--json"),
        GATEWAY_CURSORS__KEY_FILE=str(tmp_path / "secret"),
        GATEWAY_ADMIN='{"port": 9999}',
        GATEWAY_NEVISIDM__CLIENT="7",
    )
    assert SECRET not in told
    found = {each["name"]: (json.loads(each["value"]), each["origin"]) for each in json.loads(told)}
    assert found["nevisidm.url"] == ("https://idm.example.ch", f"{file}:2")
    assert found["nevisidm.login.token"] == ("***", f"{file}:3")
    assert found["nevisidm.client"] == ("7", "environment GATEWAY_NEVISIDM__CLIENT")
    assert found["nevisidm.api"] == ("/nevisidm/api", "default")
    assert found["callers[0].token"] == ("***", f"{file}:6, from {tmp_path / 'secret'}")
    assert found["callers[1].password_hash"] == ("***", f"{file}:7")
    assert found["cursors.key"] == ("***", f"environment GATEWAY_CURSORS__KEY_FILE, from {tmp_path / 'secret'}")
    assert found["admin.port"] == (9999, "environment GATEWAY_ADMIN")
    assert found["admin.host"] == ("127.0.0.1", "default")
    assert found["traces.headers"] == ({"x-key": "***", "x-other": "***"}, f"{file}:8, from {tmp_path / 'headers'}")
    assert found["capabilities.ieq"] == ("on", "default")
    given = shown("config", "--config", str(file), "--given").splitlines()
    assert len(given) == 9, given
    assert all(line.count("\t") == 2 and not line.endswith("default") for line in given)


def test_bad_settings_are_told_and_nothing_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(f"nevisidm: {{ login: {{ tokn: {SECRET} }} }}\n")
    ran = CliRunner().invoke(main, ["show", "config", "--config", str(file)])
    assert ran.exit_code == 3
    assert "did you mean token" in ran.output
    assert SECRET not in ran.output


def test_every_variable_is_shown_with_what_it_takes() -> None:
    rows = {each["name"]: each for each in json.loads(shown("env", "--json"))}
    assert list(rows) == [each.name for each in names()]
    assert rows["GATEWAY_LOG_LEVEL"]["takes"] == "one of debug, info, warning, error"
    assert rows["GATEWAY_NEVISIDM__MAX_CONNECTIONS"] == {
        "name": "GATEWAY_NEVISIDM__MAX_CONNECTIONS",
        "takes": "whole number",
        "default": "64",
        "meaning": "Calls to nevisIDM under way at once.",
    }
    assert len(shown("env").splitlines()) == len(rows)


SECRET_FILES = [each.name for each in names() if each.name.endswith("_FILE") and each.file_of is not None]
BESIDE = {
    "GATEWAY_JOURNAL__KEY_FILE": {"GATEWAY_JOURNAL__FOLDER": "/var/lib/x"},
    "GATEWAY_TRACES__HEADERS_FILE": {"GATEWAY_TRACES__ENDPOINT": "http://c/v1/traces"},
}


@pytest.mark.parametrize("name", SECRET_FILES)
def test_every_secret_comes_from_a_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"x-key: {SECRET}\n" if "HEADERS" in name else f"{SECRET}\n")
    settings = load_settings(None, {name: str(tmp_path / "secret"), **BESIDE.get(name, {})})
    value: object = settings
    for part in name.removeprefix("GATEWAY_").removesuffix("_FILE").lower().split("__"):
        value = getattr(value, part)
    held = value["x-key"] if isinstance(value, dict) else value
    assert held.get_secret_value() == SECRET  # type: ignore[attr-defined]
    assert SECRET not in repr(settings)


def test_every_secret_has_a_file() -> None:
    secrets = {each.name for each in names() if each.kind == "secret"}
    assert {f"{name}_FILE" for name in secrets} <= {each.name for each in names()}
    assert "GATEWAY_NEVISIDM__LOGIN__SECRET_FILE" not in SECRET_FILES, (
        "that one is a setting of its own, and stays a file"
    )


@pytest.mark.parametrize(
    ("key", "more"),
    [
        ("token", {}),
        ("password_hash", {"user": "hr"}),
        ("client_secret_hash", {"client_id": "hr"}),
    ],
)
def test_every_secret_of_a_caller_comes_from_a_file(key: str, more: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    callers = json.dumps([{"subject": "hr", f"{key}_file": str(tmp_path / "secret"), **more}])
    held = getattr(load_settings(None, {"GATEWAY_CALLERS": callers}).callers[0], key)
    assert held.get_secret_value() == SECRET


def test_the_secret_of_an_introspecting_client_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    said = [{"url": "https://issuer/x", "client_id": "us", "client_secret_file": str(tmp_path / "secret")}]
    held = load_settings(None, {"GATEWAY_INTROSPECTION": json.dumps(said)}).introspection[0].client_secret
    assert held is not None
    assert held.get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GATEWAY_NEVISIDM__LOGIN__TOKN", "x", "did you mean GATEWAY_NEVISIDM__LOGIN__TOKEN?"),
        ("GATEWAY_JOURNAL__FOLDR", "x", "unknown setting journal.foldr, did you mean folder?"),
        ("GATEWAY_JOURNAL__KEY_FIL", "x", "unknown setting journal.key_fil, did you mean key_file?"),
        ("GATEWAY_CALLERS", "not JSON", "GATEWAY_CALLERS: must be JSON"),
        ("GATEWAY_TRACES__HEADERS_FILE", "{here}", "must hold `name: value` on each line"),
    ],
)
def test_a_variable_that_means_nothing_is_refused(name: str, value: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(SECRET)
    with pytest.raises(ConfigError) as caught:
        load_settings(None, {name: value.replace("{here}", str(tmp_path / "file"))})
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)


def on_a_terminal(*arguments: str, **more: str) -> str:
    """What the command prints where a person looks."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=theirs, stderr=theirs, stdin=theirs, cwd=ROOT, env=environment() | more
    )
    os.close(theirs)
    text = b""
    while select.select([ours], [], [], 30)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not piece:
            break
        text += piece
    os.close(ours)
    assert process.wait(30) == 0
    return text.decode()


def test_a_terminal_gets_a_table_and_colours_unless_they_are_not_wanted() -> None:
    plain = shown("config").splitlines()
    terminal = on_a_terminal("show", "config", COLUMNS="100", TERM="xterm")
    head, *rows = terminal.splitlines()
    assert head.startswith("\x1b[1msetting ")
    assert len(rows) == len(plain)
    assert "\t" not in terminal
    assert max(map(len, rows)) <= 100
    assert "\x1b[" not in on_a_terminal("show", "config", COLUMNS="100", TERM="xterm", NO_COLOR="1")
    assert not any("\x1b" in line or line.startswith("setting") for line in plain)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_completion_for_each_shell(shell: str) -> None:
    script = CliRunner().invoke(main, ["completion", shell]).output
    assert "scim-nevisidm" in script
    if (program := shutil.which(shell)) is not None:
        assert subprocess.run([program, "-n"], input=script, text=True, capture_output=True).returncode == 0


def test_bash_completes_verbs_and_options_by_asking_us(tmp_path: Path) -> None:
    program = tmp_path / "scim-nevisidm"
    program.write_text(
        f'#!/bin/sh\ncd {ROOT}\nexec {COMMAND[0]} -c \'from gateway.cli import main; main(prog_name="scim-nevisidm")\' "$@"\n'
    )
    program.chmod(0o755)
    script = CliRunner().invoke(main, ["completion", "bash"]).output
    asking = 'COMP_WORDS=(scim-nevisidm show con); COMP_CWORD=2; _scim_nevisidm_completion scim-nevisidm con show; echo "${COMPREPLY[@]}"'
    ran = subprocess.run(
        ["bash", "-c", f"{script.replace('complete -o', 'true -o')}\n{asking}"],
        env=environment() | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stdout.split() == ["config"], ran.stderr
