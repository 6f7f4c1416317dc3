"""Secrets that the gateway makes: told once, kept as one-way values, never seen again; and public keys, which are no secrets."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.mapping.optics.verifier import Verifier
from tests.operation.test_lifecycle import nevisidm

IDCS = "urn:ietf:params:scim:schemas:oracle:idcs:"
KINDS = [("AuthTokens", "authToken", "token"), ("SmtpCredentials", "smtpCredential", "password")]


async def made(world: Any, place: str, schema: str, **more: Any) -> dict[str, Any]:
    body = {"schemas": [IDCS + schema], "user": {"value": "u-1004"}, "description": "for the script", **more}
    answer = await world.send("POST", f"/admin/v1/{place}", body)
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]


@pytest.mark.parametrize(("place", "schema", "secret"), KINDS)
async def test_a_made_secret_is_told_once_and_kept_one_way(place: str, schema: str, secret: str, world: Any) -> None:
    new = await made(world, place, schema, expiresOn="2030-01-01T00:00:00Z")
    clear = new[secret]
    assert (len(clear), clear.isalnum()) == (40, True)
    user, ext_id = new["id"].split("~")
    kept = (await nevisidm(world, "GET", f"/core/v1/100/users/{user}/generic-credentials/{ext_id}")).json()
    stored = {"mixedHash": kept["properties"]["secretVerifier"], "mixedSalt": kept["properties"]["secretSalt"]}
    lens = Verifier(("mixedHash", "mixedSalt"))
    assert lens.verify(clear, stored)
    assert not lens.verify(clear.upper(), stored)
    assert clear not in str(kept) + repr(world.events)
    again = await world.send("GET", f"/admin/v1/{place}/{new['id']}?attributeSets=all")
    assert secret not in again.json()
    assert stored["mixedHash"] not in again.text
    listed = (await world.send("GET", f'/admin/v1/{place}?filter=user.value eq "u-1004"')).json()
    assert [each["id"] for each in listed["Resources"]] == [new["id"]]
    assert (await made(world, place, schema))[secret] != clear


@pytest.mark.parametrize(("place", "schema", "secret"), KINDS)
async def test_nobody_chooses_or_asks_for_a_made_secret(place: str, schema: str, secret: str, world: Any) -> None:
    assert (await made(world, place, schema, **{secret: "chosen"}))[secret] != "chosen"
    assert (await world.send("GET", f'/admin/v1/{place}?filter={secret} sw "a"')).status_code == 400


async def test_a_credential_of_one_kind_is_none_of_another(world: Any) -> None:
    token = await made(world, "AuthTokens", "authToken")
    assert (await world.send("GET", f"/admin/v1/SmtpCredentials/{token['id']}")).status_code == 404
    seen = (await world.send("GET", f"/admin/v1/UserGenericCredentials/{token['id']}?attributeSets=all")).json()
    assert "secretVerifier" not in seen.get("properties", {})


async def test_a_token_is_switched_off_and_goes(world: Any) -> None:
    token = await made(world, "AuthTokens", "authToken")
    edit = {"op": "replace", "path": "status", "value": "INACTIVE"}
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [edit]}
    assert (await world.send("PATCH", f"/admin/v1/AuthTokens/{token['id']}", body)).status_code == 200
    user, ext_id = token["id"].split("~")
    path = f"/core/v1/100/users/{user}/generic-credentials/{ext_id}"
    assert (await nevisidm(world, "GET", path)).json()["stateName"] == "disabled"
    assert (await world.send("DELETE", f"/admin/v1/AuthTokens/{token['id']}")).status_code == 204
    assert (await nevisidm(world, "GET", path)).status_code == 404


async def test_an_api_key_is_kept_with_its_fingerprint(world: Any) -> None:
    public = Ed25519PrivateKey.generate().public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    new = await made(world, "ApiKeys", "apikey", key=pem)
    assert new["key"] == pem
    found = await world.send(
        "GET", f'/admin/v1/ApiKeys?filter=user.value eq "u-1004" and fingerprint eq "{new["fingerprint"]}"'
    )
    assert [each["id"] for each in found.json()["Resources"]] == [new["id"]]


@pytest.mark.parametrize("key", ["ssh-rsa AAAA", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----"])
async def test_what_is_no_public_key_is_refused(key: str, world: Any) -> None:
    body = {"schemas": [f"{IDCS}apikey"], "user": {"value": "u-1004"}, "key": key}
    refused = await world.send("POST", "/admin/v1/ApiKeys", body)
    assert (refused.status_code, "key" in refused.json()["detail"], key in refused.text) == (400, True, False)
