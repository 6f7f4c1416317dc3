"""The chart's values: each is described, and those that are the gateway's settings are made from its model. `--accept` writes them anew."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.deploy import values_schema

CHART = Path(__file__).parents[2] / "deploy" / "helm" / "scim-nevisidm-gateway"


def test_the_schema_of_the_settings_is_the_model(request: pytest.FixtureRequest) -> None:
    file = CHART / "values.schema.json"
    if request.config.getoption("--accept"):
        file.write_text(values_schema.made(), encoding="utf-8")
    assert file.read_text(encoding="utf-8") == values_schema.made(), "run: pytest tests/house --accept"
    schema = json.loads(values_schema.made())
    jsonschema.Draft7Validator.check_schema(schema)
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    assert set(values) == set(schema["properties"]) - {"global"}, "each value has a default, and is described"
    assert "SecretStr" not in values_schema.made()
    assert '"password"' not in values_schema.made()
