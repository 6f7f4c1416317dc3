"""What is shipped for running the gateway elsewhere says nothing that is not so: settings, files, metrics, commands exist."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from gateway.cli import main
from gateway.observe.metrics import Metrics
from gateway.settings.source import load_settings
from tests.deploy import image

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose"


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, in order, of all stages."""
    return [step for stage in image.stages() for step in stage.steps]


def compose(part: str = "services") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text())[part]
    return found


def filled(text: str) -> str:
    """With its variables as a shell fills them."""
    given = {"CALLER_TOKEN": "t", "SHARED_KEY": "k" * 32}
    return re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: given.get(found[1], found[2] or ""), text)


def test_the_image_is_not_root_and_knows_its_own_health() -> None:
    build, final = image.stages()
    assert build.base == final.base, "what is built for one Python runs on the same"
    last = final.steps
    said = dict(last)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", said["USER"])
    assert said["STOPSIGNAL"] == "SIGTERM"
    assert not [rest for word, rest in last if word in ("RUN", "ADD", "VOLUME")], "the last stage only takes over"
    check = json.loads(said["HEALTHCHECK"].partition("CMD ")[2])
    started = [*json.loads(said["ENTRYPOINT"]), *json.loads(said["CMD"])]
    for command in (check, started):
        assert command[0] == "scim-nevisidm"
        known = CliRunner().invoke(main, [command[1], "--help"]).output
        assert all(option in known for option in command[2:] if option.startswith("--"))


def test_the_image_sets_what_there_is_to_set() -> None:
    pairs = [each.split("=", 1) for word, rest in instructions() if word == "ENV" for each in shlex.split(rest)]
    settings = load_settings(None, {name: value for name, value in pairs if name.startswith("GATEWAY_")})
    assert settings.admin is not None
    assert settings.admin.host == "127.0.0.1"
    assert f"127.0.0.1:{settings.admin.port}" in dict(instructions())["HEALTHCHECK"]


def test_the_context_lets_through_what_is_copied() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [rest.split()[:-1] for word, rest in instructions() if word == "COPY" and not rest.startswith("--from")]
    assert copied
    for source in (each for sources in copied for each in sources):
        assert f"!{source}" in ignored, "the build context leaves it out"


@pytest.mark.skipif(not image.can_be_carried_out(), reason="needs namespaces: Linux, unshare, and the right to it")
def test_the_image_s_steps_lead_to_a_gateway_that_is_healthy_read_only_and_without_rights(tmp_path: Path) -> None:
    """Every step of the Dockerfile, then its entry point and its health check as its user on its read-only root."""
    for each in ("context", "work"):
        (tmp_path / each).mkdir()
    said = image.carried_out(image.context_of(tmp_path / "context"), tmp_path / "work")
    assert "Successfully installed scim-nevisidm-gateway" in said
    assert re.search(r"^USER 10001$", said, re.M)
    assert re.search(r"^scim-nevisidm, version \d", said, re.M)
    assert re.search(r"^Ready: http://0\.0\.0\.0:8080/", said, re.M)
    assert '{"ready":true,"nevisidm":"answers"}' in said
    assert "WRITABLE" not in said
    assert re.search(r"^ENDED 0$", said, re.M), "SIGTERM ends it in peace"
    assert "Traceback" not in said


def test_compose_sets_and_mounts_what_there_is() -> None:
    services = compose()
    gateway = services["gateway"]
    environment = {name: filled(value) for name, value in gateway["environment"].items()}
    settings = load_settings(None, environment)
    assert settings.nevisidm.url == f"http://sandbox:{services['sandbox']['command'][4]}"
    assert settings.admin is not None
    assert settings.callers[0].roles
    for service in services.values():
        assert not [each for each in service.get("ports", ()) if not each.startswith("127.0.0.1:")]
        for mount in service.get("volumes", ()):
            if (place := mount.split(":")[0]) in compose("volumes"):
                continue
            assert place.startswith(".")
            assert (COMPOSE / mount.split(":")[0]).resolve().exists(), mount
            assert mount.endswith(":ro")
    command = services["sandbox"]["command"]
    known = CliRunner().invoke(main, [command[0], "--help"]).output
    assert all(option in known for option in command if option.startswith("--"))
    scrape = yaml.safe_load((COMPOSE / "prometheus.yml").read_text())
    assert scrape["scrape_configs"][0]["static_configs"][0]["targets"] == [f"gateway:{settings.admin.port}"]
    assert "${CALLER_TOKEN:?" in (COMPOSE / "compose.yaml").read_text(), "there is no usual token"


def counted() -> dict[str, tuple[str, ...]]:
    """Every series a scrape has, with its labels."""
    series: dict[str, tuple[str, ...]] = {}
    for family in Metrics().families:
        if family.kind == "counter":
            series[family.name] = family.labels
        else:
            series |= {f"{family.name}_{part}": (*family.labels, "le") for part in ("bucket", "sum", "count")}
    return series


def expressions() -> list[str]:
    board = json.loads((DEPLOY / "grafana" / "gateway.json").read_text())
    alerts = yaml.safe_load((COMPOSE / "alerts.yml").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return asked + [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("expression", expressions())
def test_boards_and_alerts_ask_for_what_is_counted(expression: str) -> None:
    series = counted()
    named = re.findall(r"\b(?:scim|nevisidm)_\w+", expression)
    assert named
    assert set(named) <= series.keys()
    for words in re.findall(r"by \(([^)]*)\)", expression):
        labels = set().union(*(series[each] for each in named))
        assert {word.strip() for word in words.split(",")} <= labels


def test_what_must_never_happen_is_watched() -> None:
    asked = " ".join(expressions())
    for name in ("scim_half_done_total", "scim_crashes_total", "nevisidm_alarms_total", "scim_events_lost_total"):
        assert asked.count(name) == 2, "on the board, and an alert"


def test_the_unit_starts_what_there_is() -> None:
    unit = (DEPLOY / "systemd" / "scim-nevisidm.service").read_text()
    command = re.search(r"^ExecStart=(.+)$", unit, re.M)
    assert command
    _, verb, *options = command[1].split()
    known = CliRunner().invoke(main, [verb, "--help"]).output
    assert all(option in known for option in options if option.startswith("--"))
    secret = re.search(r"^Environment=(\w+)=%d/(\S+)$", unit, re.M)
    assert secret
    assert f"LoadCredential={secret[2]}:" in unit
    settings = load_settings(None, {secret[1]: "/where/systemd/puts/it"})
    assert str(settings.nevisidm.login.secret_file) == "/where/systemd/puts/it"
