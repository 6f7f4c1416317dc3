"""Oracle's SDK as it comes, with request signatures: run by pytest in the judges' environment.

JUDGED_URL, and JUDGED_KEY: the file of the private key whose public half the gateway knows.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from oci.exceptions import ServiceError
from oci.identity_domains import IdentityDomainsClient
from oci.identity_domains import models as m

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
CONFIG = {
    "user": "ocid1.user.oc1..aaaa",
    "tenancy": "ocid1.tenancy.oc1..aaaa",
    "fingerprint": ":".join(["aa"] * 16),
    "region": "eu-zurich-1",
}


def connected(**changed: str) -> IdentityDomainsClient:
    pem = Path(os.environ["JUDGED_KEY"]).read_text(encoding="ascii")
    return IdentityDomainsClient({**CONFIG, "key_content": pem, **changed}, os.environ["JUDGED_URL"])


def test_a_signed_client_reads_and_writes() -> None:
    client = connected()
    assert client.list_users(filter='userName sw "b" or userName pr', count=2).data.total_results > 0
    user = m.User(
        schemas=[CORE],
        user_name="signed",
        name=m.UserName(given_name="Zoë", family_name="Ünal"),
        emails=[m.UserEmails(value="signed@example.org", type="work", primary=True)],
    )
    made = client.create_user(user=user).data
    patch = m.PatchOp(
        schemas=["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        operations=[m.Operations(op="REPLACE", path="title", value="Dr")],
    )
    assert client.patch_user(made.id, patch_op=patch).data.title == "Dr"
    client.delete_user(made.id, force_delete=True)


def test_another_key_id_is_401() -> None:
    with pytest.raises(ServiceError) as refused:
        connected(fingerprint=":".join(["bb"] * 16)).list_users()
    assert refused.value.status == 401
