"""Helm, asked to render our chart: runs in the judges' environment, reads values and prints what came of each, as JSON.

Standard input: a list of values. Standard output: for each `{"manifests": {file: text}, "lint": […]}` or `{"refused": text}`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import helm_python as helm


def rendered(chart: Any, path: str, values: dict[str, Any]) -> dict[str, Any]:
    """What Helm makes of the values; its word where it refuses them."""
    try:
        chart.validate_schema(values)
        manifests = chart.render(values, name="acme", namespace="identity")
    except helm.HelmError as refusal:
        return {"refused": str(refusal)}
    return {"manifests": manifests, "lint": helm.lint(path, values, strict=True)["messages"]}


with helm.Chart.load(sys.argv[1]) as loaded:
    json.dump([rendered(loaded, sys.argv[1], each) for each in json.load(sys.stdin)], sys.stdout)
