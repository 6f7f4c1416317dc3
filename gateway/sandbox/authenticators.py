"""What a person proves itself with: OATH apps, FIDO2 and FIDO UAF authenticators, OTP cards.

The secret of an OATH app is the server's and told once; of the others only public halves are kept. FIDO2 is listed over all users, too.
"""

import base64
import re
import secrets
from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from . import problem
from .box import Sandbox
from .credential_types import FIDO2, FIDO_UAF, OATH, OTP
from .document import Document, Kind, text
from .endpoint import CORE, Answer, Call, Endpoint
from .family import Family, all_with, dto, endpoints_of
from .listing import Field, Listing, page, statement
from .lookup import client_of, room_units
from .policy import parameters
from .store import Row
from .table import CREDENTIALS, IS_FIDO2
from .user_list import LISTED, path, with_rooms

_AAID = re.compile(r"[0-9A-Fa-f]{4}#[0-9A-Fa-f]{4}")
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{22,2048}=*")  # base64url of 16 to 1,536 bytes (FIDO UAF protocol)
_ALGORITHM = re.compile(r"(0x)?[0-9A-Fa-f]{1,4}|(UAF_)?ALG_[A-Z0-9_]+")
_VERSION = re.compile(r"[0-9]{1,5}(\.[0-9]{1,5})*")
_UAF_FORMS = (
    ("aaid", _AAID, "invalidAaidFormat", "The AAID has a wrong format."),
    ("keyId", _KEY_ID, "invalidKeyIdFormat", "The key ID has a wrong format."),
    ("publicKeyAlgorithm", _ALGORITHM, "invalidPublicKeyAlgorithm", "The public key algorithm is not known."),
    ("authenticatorVersion", _VERSION, "invalidAuthVersionFormat", "The authenticator version has a wrong format."),
)


def _secret_of_oath(_: Call, user: Row, doc: Document) -> tuple[Document, Document]:
    """The server makes the secret; the otpauth URI with it is told now, and later only if the policy lets it be shared again."""
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    label = quote(f"{doc['label']}:{user.doc.get('loginId', user.ext_id)}", safe=":")
    uri = f"otpauth://totp/{label}?secret={secret}&issuer={quote(doc['label'], safe='')}"
    return {**doc, "_uri": uri}, {"uri": uri}


def _shared_again(call: Call, row: Row, shown: Document) -> Document:
    rules = parameters(call.box.store, row.client, OATH.policy or "", row.doc.get("policyExtId"))
    again = rules["secretReshareable"] == "true" and "_uri" in row.doc
    return {**shown, "uri": row.doc["_uri"]} if again else shown


def _uaf(call: Call, user: Row, doc: Document, before: Row | None) -> None:
    for name, pattern, code, message in _UAF_FORMS:
        if name in doc and not pattern.fullmatch(doc[name]):
            raise problem.rule(f"credentialFidoUaf.{code}", message)
    if not doc.get("appId"):
        raise problem.rule("credentialFidoUaf.emptyAppId", "The app ID must not be empty.")
    same = all_with(call, user.client, FIDO_UAF, "keyId", doc["keyId"], before)
    if any(row.doc["aaid"] == doc["aaid"] for row in same):
        raise problem.rule("credentialFidoUaf.notUnique", "A FIDO UAF credential with this AAID and key ID exists.")


def _one_of(*choices: str) -> Kind:
    return text(choices=choices)


_FIDO2_MUST = ("aaguid", "authenticator", "attestationConveyancePreference", "hashedCredentialId", "rpId")
_OATH = Family(
    *("oath", OATH, {"": "2.71"}, {"label": text()}, ("label",), ("label",)),
    make=_secret_of_oath,
    show=_shared_again,
    creating=("CredentialCreate", "CredentialView", "PolicyConfigurationView"),
    own_create=True,
)
_FIDO2 = Family(
    *("fido2", FIDO2, {"": "2.86"}),
    {
        **dict.fromkeys(("aaguid", "authenticator", "hashedCredentialId", "rpId", "userAgent"), text()),
        "userFriendlyName": text(),
        "authenticatorAttachment": _one_of("platform", "crossplatform"),
        "attestationConveyancePreference": _one_of("direct", "indirect", "none", "enterprise"),
        "residentKeyRequirement": _one_of("required", "discouraged"),
        "userVerificationRequirement": _one_of("required", "preferred", "discouraged"),
    },
    (*_FIDO2_MUST, "residentKeyRequirement", "userVerificationRequirement"),
    ("userFriendlyName",),
    creating=("CredentialCreate", "CredentialView"),
    changes_state=True,
)
_UAF_FIELDS = (
    *("aaid", "keyId", "publicKey", "publicKeyAlgorithm", "authenticatorVersion", "appId", "userFriendlyName"),
)
FAMILIES: Sequence[Family] = (
    _OATH,
    _FIDO2,
    Family("fidoUaf", FIDO_UAF, {}, dict.fromkeys(_UAF_FIELDS, text()), ("aaid", "keyId"), check=_uaf),
    Family(
        *("otp", OTP, {"": "8.2605"}),
        most=2,
        taken=("tooManyOTPCards", "A user must not have more than two OTP cards."),
        creating=("CredentialCreate", "CredentialView", "PolicyConfigurationView"),
        without_body=True,
    ),
)

_OF_CLIENT = Listing(
    CREDENTIALS,
    {
        **LISTED,
        **{name: Field(path(name)) for name in ("userFriendlyName", "aaguid", "rpId", "hashedCredentialId")},
    },
)


def list_of_client(call: Call) -> Answer:
    """All FIDO2 credentials of all users of a client: the page that documents the filter language."""
    client = client_of(call, "extId").ext_id
    made = statement(call, _OF_CLIENT, client)
    with_rooms(made, "credentials.parent", room_units(call, client))
    made.base += f" AND {IS_FIDO2}"
    return page(call, _OF_CLIENT, made, partial(dto, _FIDO2, call), (FIDO2.name,))


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The authenticators of endpoints.yaml."""
    of_client = f"{CORE}/clients/{{extId}}/fido2"
    return (
        *(endpoint for family in FAMILIES for endpoint in endpoints_of(family)),
        Endpoint("clients.fido2", "GET", of_client, list_of_client, ("ClientView", "CredentialView"), since="2.86"),
    )
