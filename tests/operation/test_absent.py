"""What IDCS has and nevisIDM has not is refused with its reason, in IDCS's dialect only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.errors import ConfigError
from gateway.mapping.load import load


@pytest.mark.parametrize(
    "path",
    [
        "CustomerSecretKeys",
        "customersecretkeys/x",
        "MyOAuth2ClientCredentials",
        "IdentityProviders/.search",
        "MePasswordResetter",
    ],
)
async def test_an_address_of_idcs_that_nothing_serves_says_why(path: str, world: Any) -> None:
    answer = await world.send("GET", f"/admin/v1/{path}")
    assert answer.status_code == 501
    assert answer.json()["detail"] == world.context.mappings.absent[path.partition("/")[0].lower()]
    assert (await world.send("GET", f"/scim/v2/{path}")).status_code == 404
    assert (await world.send("GET", "/admin/v1/Nonsense")).status_code == 404


async def test_no_address_is_both_served_and_refused_and_every_reason_is_a_sentence(world: Any) -> None:
    mappings = world.context.mappings
    own = {kind.own.endpoint.strip("/").lower() for kind in mappings.types().values() if kind.own is not None}
    assert not set(mappings.absent) & (set(mappings.types()) | own)
    assert len(mappings.absent) > 40
    assert all(reason.endswith(".") for reason in mappings.absent.values())


def test_a_site_says_its_own_and_a_wrong_form_keeps_the_gateway_from_starting(tmp_path: Path) -> None:
    (tmp_path / "User.yaml").write_text("format: 1\nextends: builtin:User\n")
    assert "customersecretkeys" in load(tmp_path).absent
    (tmp_path / "_absent.yaml").write_text("format: 1\nabsent: { Groups: Ask the directory. }\n")
    assert load(tmp_path).absent == {"groups": "Ask the directory."}
    (tmp_path / "_absent.yaml").write_text("format: 1\nabsent: { Groups: 1 }\n")
    with pytest.raises(ConfigError):
        load(tmp_path)
