"""The chart's values.schema.json: written here, but for `settings`, which is the gateway's own model without its secrets."""

from __future__ import annotations

import json
from typing import Any

from gateway.settings import Settings

OURS = frozenset(("admin", "stop", "workers", "mappings"))
"""Settings that the chart itself makes of other values."""


def made() -> str:
    """The whole file."""
    model = Settings.model_json_schema()
    forms = {name: _plain(form) for name, form in model["$defs"].items()}
    settings = _plain({key: model[key] for key in ("type", "properties", "additionalProperties")})
    for key in OURS:
        del settings["properties"][key]
    settings["description"] = "gateway.yaml as in docs/settings.md, without secrets: name a Secret in `secrets`."
    whole = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of scim-nevisidm-gateway",
        "type": "object",
        "additionalProperties": False,
        "properties": {**_values(), "settings": settings, "global": {"type": "object"}},
        "definitions": forms,
    }
    return json.dumps(whole, indent=1).replace("#/$defs/", "#/definitions/") + "\n"


def _plain(form: Any) -> Any:
    """Without secrets, which become `…_file`, and without what only a program wants to know."""
    if isinstance(form, list):
        return [_plain(each) for each in form]
    if not isinstance(form, dict):
        return form
    kept = {
        key: _plain(value) for key, value in form.items() if key not in ("title", "default", "properties", "format")
    }
    if "properties" in form:
        kept["properties"] = {}
        for name, value in form["properties"].items():
            if _is_secret(value):
                file = {"type": "string", "description": f"File with: {value.get('description', '')}"}
                kept["properties"].setdefault(f"{name}_file", file)
            else:
                kept["properties"][name] = _plain(value)
        kept["additionalProperties"] = False
    return kept


def _is_secret(form: dict[str, Any]) -> bool:
    inside = [form, *form.get("anyOf", ()), form.get("additionalProperties")]
    return any(isinstance(each, dict) and each.get("format") == "password" for each in inside)


def _object(described: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "description": described, "additionalProperties": False, "properties": properties}


def _values() -> dict[str, Any]:
    text, yes, free = {"type": "string"}, {"type": "boolean"}, {"type": "object"}
    texts = {"type": "object", "additionalProperties": text}
    count = {"type": "integer", "minimum": 1}
    seconds = {"type": "integer", "minimum": 0, "maximum": 3600}
    name = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"}
    rows = {"type": "array", "items": free}
    secret = _object(
        "A Secret, mounted at /run/secrets/NAME.",
        name={**name, "maxLength": 50},
        secret=name,
        key={"type": "string", "pattern": "^[-._a-zA-Z0-9]+$"},
        variable={"type": "string", "pattern": "^GATEWAY_[A-Z0-9_]+_FILE$"},
    )
    return {
        "image": _object(
            "The image, built from the Dockerfile.",
            repository={"type": "string", "minLength": 1},
            tag=text,
            pullPolicy={"enum": ["Always", "IfNotPresent", "Never"]},
        ),
        "imagePullSecrets": rows,
        "replicas": {**count, "description": "Not used with autoscaling."},
        "workers": {**count, "maximum": 128, "description": "Processes of each replica."},
        "sandbox": {**yes, "description": "An emulator in place of a nevisIDM; nothing is kept."},
        "secrets": {"type": "array", "items": {**secret, "required": ["name", "secret"]}},
        "mappings": {
            "type": "object",
            "description": "Mapping files by name.",
            "additionalProperties": text,
            "propertyNames": {"pattern": "^[A-Za-z0-9_][-A-Za-z0-9_.]*\\.yaml$"},
        },
        "mappingsConfigMap": text,
        "unshared": {**yes, "description": "Replicas may serve without settings.shared.redis."},
        "records": _object(
            "Audit log and journal on volumes.",
            enabled=yes,
            size={"type": "string", "pattern": "^[0-9]+[KMGT]i?$"},
            storageClass=text,
        ),
        "stop": _object("How a pod stops.", drainSeconds=seconds, graceSeconds=seconds),
        "service": _object(
            "The Service.",
            type={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
            port={"type": "integer", "minimum": 1, "maximum": 65535},
            annotations=texts,
        ),
        "serviceAccount": _object("The ServiceAccount.", annotations=texts),
        "resources": _object("Of each pod.", requests=free, limits=free),
        "autoscaling": _object(
            "A HorizontalPodAutoscaler.",
            enabled=yes,
            minReplicas=count,
            maxReplicas=count,
            targetCPUUtilizationPercentage={**count, "maximum": 100},
        ),
        "podDisruptionBudget": _object(
            "How many may be away at once.",
            enabled=yes,
            maxUnavailable={"anyOf": [count, {"type": "string", "pattern": "^[1-9][0-9]?%$"}]},
        ),
        "networkPolicy": _object("Who may speak to whom.", enabled=yes, callers=rows, monitoring=rows, egress=rows),
        "serviceMonitor": _object(
            "For a Prometheus operator.",
            enabled=yes,
            interval={"type": "string", "pattern": "^[0-9]+(ms|s|m)$"},
            labels=texts,
        ),
        "podAnnotations": texts,
        "podLabels": texts,
        "nodeSelector": texts,
        "tolerations": rows,
        "affinity": free,
        "priorityClassName": text,
    }
