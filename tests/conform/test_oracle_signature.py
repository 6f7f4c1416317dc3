"""An unmodified `oci` SDK signs its requests and comes in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_ID = f"ocid1.tenancy.oc1..aaaa/ocid1.user.oc1..aaaa/{':'.join(['aa'] * 16)}"


def test_the_sdk_comes_in_with_its_signatures(
    oracle: Callable[..., None], serve: Callable[..., str], tmp_path: Path
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "private.pem").write_bytes(private)
    (tmp_path / "public.pem").write_bytes(public)
    caller = {
        "subject": "oci",
        "roles": ["User Administrator"],
        "key_id": KEY_ID,
        "public_key_file": str(tmp_path / "public.pem"),
    }
    url = serve(GATEWAY_CALLERS=json.dumps([caller]))
    oracle("oracle_signature.py", JUDGED_URL=url, JUDGED_KEY=str(tmp_path / "private.pem"))
