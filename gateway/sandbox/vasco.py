"""VASCO credentials: made in a client for nobody yet. The call that assigns one to a user is not public (gap 48), so there is none."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from . import problem
from .box import Sandbox
from .credential_types import VASCO
from .credentials import begin_unassigned, credential_dto, shape
from .document import mismatch, text
from .endpoint import CORE, Answer, Call, Endpoint
from .lookup import client_of
from .table import CREDENTIALS

_text = text(longest=100_000)


def _tokens(name: str, value: Any) -> list[dict[str, str]]:
    """A field kind: a list of `{authMode, data}`."""
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise mismatch(name, "an array of objects")
    return [
        {part: _text(f"{name}[{place}].{part}", one.get(part)) for part in ("authMode", "data")}
        for place, one in enumerate(value)
    ]


_CREATE = shape("VascoDTO", vascoTokens=_tokens)


def create(call: Call) -> Answer:
    """At least one token, each with a mode of its own and data in Base64 that no other credential of the client has."""
    client = client_of(call).ext_id
    doc = begin_unassigned(call, client, VASCO, _CREATE, call.document())
    tokens = doc.get("vascoTokens", [])
    if not tokens:
        raise problem.rule("nullParameter", "The parameter 'vascoTokens' must not be null or empty.")
    if len({token["authMode"] for token in tokens}) < len(tokens):
        raise problem.invalid_parameter("The authMode of each VASCO token must be unique.")
    if not all(_is_base64(token["data"]) for token in tokens):
        raise problem.rule("fileupload.vasco", "The data of a VASCO token is not Base64.")
    others = call.box.store.rows(CREDENTIALS, "client = ? AND type = ?", (client, VASCO.name))
    known = {token["data"] for row in others for token in row.doc["vascoTokens"]}
    if known.intersection(token["data"] for token in tokens):
        raise problem.rule("vascoExists", "A VASCO credential with the same token already exists.")
    row = call.box.store.insert(CREDENTIALS, client, doc["extId"], doc)
    return call.created(client, VASCO.segment, row.ext_id, body=credential_dto(call, row))


def _is_base64(data: str) -> bool:
    try:
        return bool(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return False


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """VASCO of endpoints.yaml."""
    rights = ("CredentialCreate", "CredentialView")
    return (Endpoint("vasco.create", "POST", f"{CORE}/{{clientExtId}}/vasco", create, rights, since="8.2605"),)
