"""The chart, rendered by Helm itself and held against Kubernetes' own schemas; values that make no sense are refused before that."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource

from gateway.settings.source import load_settings
from tests.conform import judges

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "scim-nevisidm-gateway"
RENDER = Path(__file__).with_name("helm_render.py")
LOGIN = {
    "name": "nevisidm",
    "secret": "scim-login",
    "key": "secret",
    "variable": "GATEWAY_NEVISIDM__LOGIN__SECRET_FILE",
}
REAL: dict[str, Any] = {
    "settings": {
        "nevisidm": {
            "url": "https://idm.example.ch",
            "login": {"mode": "nevis_id", "user": "scim", "credential": "scim-cred"},
        },
        "callers": [{"subject": "hr", "token_file": "/run/secrets/callers/hr", "roles": ["User Administrator"]}],
        "shared": {"redis": "rediss://redis.example.ch:6379/0"},
    },
    "secrets": [
        LOGIN,
        {"name": "shared", "secret": "scim-shared", "key": "key", "variable": "GATEWAY_SHARED__KEY_FILE"},
        {"name": "callers", "secret": "scim-callers"},
    ],
}
PEER = {"namespaceSelector": {"matchLabels": {"team": "identity"}}}
FINE: dict[str, dict[str, Any]] = {
    "real": REAL,
    "trial": {"sandbox": True, "replicas": 1},
    "everything": {
        **REAL,
        "workers": 4,
        "image": {"repository": "registry.example.ch/scim-gateway", "tag": "1.2.3", "pullPolicy": "Always"},
        "imagePullSecrets": [{"name": "registry"}],
        "mappings": {"Group.yaml": "format: 1\nextends: builtin:Group\n", "User.yaml": "format: 1\n"},
        "records": {"enabled": True, "storageClass": "fast"},
        "autoscaling": {"enabled": True},
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "networkPolicy": {"callers": [PEER], "monitoring": [PEER], "egress": [{"ports": [{"port": 443}]}]},
        "service": {"type": "LoadBalancer", "annotations": {"x": "y"}},
        "serviceAccount": {"annotations": {"x": "y"}},
        "stop": {"drainSeconds": 20, "graceSeconds": 60},
        "podAnnotations": {"x": "y"},
        "podLabels": {"team": "identity"},
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "x", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "high",
    },
    "least": {
        **REAL,
        "mappingsConfigMap": "our-mappings",
        "podDisruptionBudget": {"enabled": False},
        "networkPolicy": {"enabled": False},
    },
}


def but(**more: Any) -> dict[str, Any]:
    return {**REAL, **more}


def setting(**more: Any) -> dict[str, Any]:
    return but(settings={**REAL["settings"], **more})


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing at all": ({}, "settings.nevisidm.url is missing"),
    "a misspelt value": (but(replica=3), "replica"),
    "a misspelt setting": (setting(limts={}), "limts"),
    "a misspelt setting of a section": (setting(limits={"body_byte": 1}), "body_byte"),
    "a setting of the wrong kind": (setting(log_level="loud"), "log_level"),
    "a number out of bounds": (setting(cursors={"lifetime": 1}), "lifetime"),
    "a secret among the values": (setting(cursors={"key": "k" * 40}), "key"),
    "a caller's secret among the values": (setting(callers=[{"subject": "hr", "token": "t"}]), "token"),
    "what the chart says itself": (setting(admin={"port": 1}), "admin"),
    "no replica": (but(replicas=0), "replicas"),
    "a variable that is no secret's": (but(secrets=[{**LOGIN, "variable": "GATEWAY_LOG_LEVEL"}]), "variable"),
    "a secret without its name": (but(secrets=[{"name": "x"}]), "secret"),
    "a variable without a key": (
        but(secrets=[{each: LOGIN[each] for each in ("name", "secret", "variable")}]),
        "has a variable and no key",
    ),
    "a mapping of no name": (but(mappings={"../x": ""}), "propertyName"),
    "an image that is none": (but(image={"pullPolicy": "Sometimes"}), "pullPolicy"),
    "replicas that share nothing": (setting(shared={}), "unshared: true"),
    "workers that share nothing": ({**setting(shared={}), "replicas": 1, "workers": 2}, "unshared: true"),
    "a sandbox for several": ({"sandbox": True, "unshared": True}, "an emulator of its own"),
    "a sandbox before a nevisIDM": (but(sandbox=True), "which is it?"),
}
ANSWERS = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def answers() -> ANSWERS:
    """What Helm made of each, by name."""
    if not judges.are_ready():
        pytest.skip("the judges are not installed; make conform does that")
    asked = {**FINE, **{name: values for name, (values, _) in REFUSED.items()}}
    ran = subprocess.run(
        [judges.PYTHON, RENDER, CHART],
        input=json.dumps(list(asked.values())),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return dict(zip(asked, json.loads(ran.stdout), strict=True))


def documents(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    assert "refused" not in answer, answer
    for name, text in answer["manifests"].items():
        if not name.endswith("NOTES.txt"):
            yield from (each for each in yaml.safe_load_all(text) if each is not None)


def of_kind(answer: dict[str, Any], kind: str) -> dict[str, Any]:
    found = [each for each in documents(answer) if each["kind"] == kind]
    assert len(found) == 1, kind
    return found[0]


def workload(answer: dict[str, Any]) -> dict[str, Any]:
    return next(each for each in documents(answer) if each["kind"] in ("Deployment", "StatefulSet"))


def pod(answer: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = workload(answer)["spec"]["template"]["spec"]
    return spec


class Judge:
    """Kubernetes' schemas of one release, in which an unknown key is an error."""

    def __init__(self, release: str) -> None:
        where = f"lib/python*/site-packages/kubernetes_validate/*/v{release}-local-strict"
        self._folder = next(judges.HOME.glob(where))
        definitions = self._read("_definitions")
        self._registry: Registry[Any] = Registry().with_resource(
            definitions["$id"], Resource.from_contents(definitions)
        )

    def looks_at(self, document: dict[str, Any]) -> str:
        """The document's kind. Raises jsonschema.ValidationError."""
        kind = str(document["kind"])
        if kind == "ServiceMonitor":  # not Kubernetes' but the operator's own
            assert document["apiVersion"] == "monitoring.coreos.com/v1"
            assert set(document["spec"]) == {"selector", "endpoints"}
            return kind
        version = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", document["apiVersion"])
        schema = self._read(f"{kind.lower()}-{version}")
        jsonschema.Draft202012Validator(schema, registry=self._registry).validate(document)
        return kind

    def _read(self, name: str) -> Any:
        return json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=judges.KUBERNETES)
def judge(request: pytest.FixtureRequest, answers: ANSWERS) -> Judge:
    return Judge(request.param)


def test_what_is_rendered_is_what_kubernetes_takes(answers: ANSWERS, judge: Judge) -> None:
    for name in FINE:
        kinds = [judge.looks_at(each) for each in documents(answers[name])]
        assert {"ConfigMap", "Service", "ServiceAccount"} < set(kinds)
        assert not [each for each in answers[name]["lint"] if each["severity"] > 1]
    everything = {each["kind"] for each in documents(answers["everything"])}
    assert {
        "StatefulSet",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "ServiceMonitor",
    } < everything
    least = {each["kind"] for each in documents(answers["least"])}
    assert least == {"ConfigMap", "Deployment", "Service", "ServiceAccount"}


def test_the_judge_finds_what_is_wrong(answers: ANSWERS, judge: Judge) -> None:
    planted = workload(answers["real"])
    planted["spec"]["template"]["spec"]["containers"][0]["redinessProbe"] = {}
    with pytest.raises(jsonschema.ValidationError, match="redinessProbe"):
        judge.looks_at(planted)


@pytest.mark.parametrize("name", REFUSED)
def test_values_that_make_no_sense_are_refused(answers: ANSWERS, name: str) -> None:
    assert REFUSED[name][1] in answers[name].get("refused", "it was rendered")


def mounted(answer: dict[str, Any], folder: Path) -> dict[str, str]:
    """The pod's environment, its files laid out below the folder: each ConfigMap's text, each Secret's keys with a made-up secret."""
    container = pod(answer)["containers"][0]
    maps = {each["metadata"]["name"]: each["data"] for each in documents(answer) if each["kind"] == "ConfigMap"}
    volumes = {each["name"]: each for each in pod(answer)["volumes"]}
    environment = {each["name"]: each["value"] for each in container["env"]}
    for mount in container["volumeMounts"]:
        place = folder / mount["mountPath"].lstrip("/")
        place.mkdir(parents=True)
        said = volumes.get(mount["name"], {})
        assert "subPath" not in mount, "it would not be seen when it is swapped"
        for name, text in maps.get(said.get("configMap", {}).get("name"), {}).items():
            (place / name).write_text(text, encoding="utf-8")
        if "secret" in said:
            for name in ("secret", "key", "hr"):
                (place / name).write_text("made-up-" * 8, encoding="utf-8")
    return {
        name: f"{folder}{value}" if value.startswith(("/etc/scim", "/run/secrets", "/var/lib")) else value
        for name, value in environment.items()
    }


@pytest.mark.parametrize("name", FINE)
def test_the_gateway_reads_what_its_pod_is_given(answers: ANSWERS, name: str, tmp_path: Path) -> None:
    environment = mounted(answers[name], tmp_path)
    container = pod(answers[name])["containers"][0]
    config = tmp_path / container["args"][container["args"].index("--config") + 1].lstrip("/")
    config.write_text(config.read_text(encoding="utf-8").replace("/run/secrets", f"{tmp_path}/run/secrets"), "utf-8")
    settings = load_settings(config, environment)
    assert settings.admin is not None
    assert {each["name"]: each["containerPort"] for each in container["ports"]}["admin"] == settings.admin.port
    assert settings.admin.host == "0.0.0.0", "probes come from outside"  # noqa: S104
    if name != "trial":
        assert settings.nevisidm.login.secret_file == tmp_path / "run/secrets/nevisidm/secret"
        assert settings.shared.key is not None
        assert settings.callers[0].token is not None
    grace = pod(answers[name])["terminationGracePeriodSeconds"]
    assert grace >= settings.stop.drain_seconds + settings.stop.grace_seconds + 5
    probe = container["readinessProbe"]
    assert settings.stop.drain_seconds > 2 * probe["periodSeconds"] * probe["failureThreshold"], (
        "it must be noticed first"
    )
    if name == "everything":
        assert settings.workers == 4
        assert settings.audit is not None
        assert settings.journal is not None
        assert sorted(each.name for each in (settings.mappings or tmp_path).iterdir()) == ["Group.yaml", "User.yaml"]


@pytest.mark.parametrize("name", FINE)
def test_a_pod_may_do_nothing_that_it_need_not(answers: ANSWERS, name: str) -> None:
    spec = pod(answers[name])
    shut, inside = spec["securityContext"], spec["containers"][0]["securityContext"]
    assert shut["runAsNonRoot"] is True
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f"USER {shut['runAsUser']}:{shut['runAsGroup']}" in dockerfile
    assert shut["seccompProfile"] == {"type": "RuntimeDefault"}
    assert inside == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "privileged": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["automountServiceAccountToken"] is False
    assert [each["topologyKey"] for each in spec["topologySpreadConstraints"]]
    assert spec["containers"][0]["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", FINE)
def test_everything_finds_its_pods(answers: ANSWERS, name: str) -> None:
    labels = workload(answers[name])["spec"]["template"]["metadata"]["labels"]
    selectors = [workload(answers[name])["spec"]["selector"]["matchLabels"]]
    for each in documents(answers[name]):
        spec = each.get("spec", {})
        if each["kind"] == "Service":
            selectors.append(spec["selector"])
            assert {port["targetPort"] for port in spec["ports"]} <= {"http", "admin"}
        elif each["kind"] == "PodDisruptionBudget":
            selectors.append(spec["selector"]["matchLabels"])
        elif each["kind"] == "NetworkPolicy":
            selectors.append(spec["podSelector"]["matchLabels"])
        elif each["kind"] == "HorizontalPodAutoscaler":
            assert spec["scaleTargetRef"]["kind"] == workload(answers[name])["kind"]
            assert "replicas" not in workload(answers[name])["spec"]
        elif each["kind"] == "ServiceMonitor":
            admin = next(one for one in documents(answers[name]) if one["metadata"]["name"].endswith("-admin"))
            assert spec["selector"]["matchLabels"].items() <= admin["metadata"]["labels"].items()
            assert spec["endpoints"][0]["path"] == "/metrics"
    assert len(selectors) >= 3
    assert all(each.items() <= labels.items() for each in selectors)


def test_the_network_policy_lets_in_who_is_named_and_no_more(answers: ANSWERS) -> None:
    usual = of_kind(answers["real"], "NetworkPolicy")["spec"]
    assert usual["ingress"] == [{"ports": [{"port": "http", "protocol": "TCP"}]}], (
        "nobody but the kubelet asks the admin port"
    )
    assert usual["policyTypes"] == ["Ingress"]
    named = of_kind(answers["everything"], "NetworkPolicy")["spec"]
    assert [each["from"] for each in named["ingress"]] == [[PEER], [PEER]]
    assert named["policyTypes"] == ["Ingress", "Egress"]
    assert {port["port"] for rule in named["egress"] for port in rule["ports"]} == {53, 443}


def test_changed_settings_roll_the_pods_and_changed_mappings_do_not(answers: ANSWERS) -> None:
    def stamp(name: str) -> str:
        return str(workload(answers[name])["spec"]["template"]["metadata"]["annotations"]["checksum/settings"])

    assert stamp("real") == stamp("everything") == stamp("least")
    assert stamp("real") != stamp("trial")


def test_the_chart_is_of_this_release(answers: ANSWERS) -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{chart["appVersion"]}"' in project
    assert pod(answers["real"])["containers"][0]["image"].endswith(f":{chart['appVersion']}")
    assert judges.KUBERNETES[0].rpartition(".")[0] in chart["kubeVersion"], "its oldest release is judged"
