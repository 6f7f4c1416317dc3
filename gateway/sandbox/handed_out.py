"""What the server makes and hands out: tickets, URL tickets, recovery codes, temporary strong passwords, PUKs.

The value is told once, in the answer to its making, and kept as a hash; where the reference has the server show something later, a switch
says so. How a PUK reaches its user (a letter) is outside the REST interface, so nothing is told of it.
"""

import re
import secrets
import string
from collections.abc import Sequence

from . import problem
from .box import Sandbox
from .credential_types import PUK, RECOVERY_CODES, TEMP_STRONG, TICKET, URL_TICKET
from .credentials import NEW_COUNTERS, STATES, check_alive, only, touch
from .document import Document, text
from .endpoint import Answer, Call, Endpoint
from .family import Family, dto, endpoints_of, path_of
from .lookup import user_of
from .password_rules import make_password
from .policy import SECRET, number, parameters
from .secret import hash_secret, shown_hash
from .self_admin import check_token
from .store import Row

CODES = 16
_LETTERS = string.ascii_lowercase + string.digits
_URL = re.compile(r"https?://[^\s]+")


def _ticket(_: Call, __: Row, doc: Document) -> tuple[Document, Document]:
    value = secrets.token_hex(8)
    return {**doc, "_hash": hash_secret(value)}, {"ticket": value}


def _url_ticket(call: Call, user: Row, doc: Document) -> tuple[Document, Document]:
    """The link is the prefix, of the body or of the policy, and a random end."""
    rules = parameters(call.box.store, user.client, URL_TICKET.policy or "", doc.get("policyExtId"))
    prefix = doc.get("urlPrefix") or rules["urlPrefix"]
    if not prefix:
        raise problem.rule("urlTicketMissingURLPrefix", "Neither the request nor the policy has a URL prefix.")
    if not _URL.fullmatch(prefix):
        raise problem.rule("urlTicket.invalidFormat", "The URL prefix has a wrong format.")
    link = prefix + secrets.token_urlsafe(24)
    state = doc["stateName"].replace("_", "-")
    return {**doc, "urlPrefix": prefix, "stateName": state, "_hash": hash_secret(link)}, {"personifiedLink": link}


def _spelt_states(call: Call, _: Row, doc: Document, before: Row | None) -> None:
    """The page of this create prints the states with underscores, every other page with hyphens."""
    wrong = {"hyphens": "_", "underscores": "-"}.get(call.box.switches.url_ticket_states, " ")
    if before is None and wrong in doc["stateName"]:
        raise problem.unknown_state(doc["stateName"])


def _recovery_codes(call: Call, _: Row, doc: Document) -> tuple[Document, Document | None]:
    codes = ["-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)) for _ in range(CODES)]
    if call.box.switches.recovery_codes_told == "create":
        return {**doc, "_codes": [hash_secret(code) for code in codes]}, {"codes": codes}
    return {**doc, "_codes": codes}, None


def _unused_codes(call: Call, row: Row, shown: Document) -> Document:
    return {**shown, "codes": row.doc["_codes"]} if call.box.switches.recovery_codes_told == "get" else shown


def _strong_password(call: Call, user: Row, doc: Document) -> tuple[Document, Document]:
    rules = parameters(call.box.store, user.client, TEMP_STRONG.policy or "", doc.get("policyExtId"))
    value = make_password({**SECRET, **rules})
    told = {"tempStrongPassword": value} if rules["passwordExposed"] == "true" else {}
    return {**doc, "_hash": hash_secret(value)}, told


def _its_hash(call: Call, row: Row, shown: Document) -> Document:
    """Documented: a GET answers the hash with the prefix of its algorithm."""
    return {**shown, "tempStrongPassword": shown_hash(row.doc["_hash"])} if call.box.switches.hashes_shown else shown


def reset_strong(call: Call) -> Answer:
    """Another password, as often as the policy of the PUK allows; told as at the making, or 204 where the policy does not tell."""
    user = user_of(call)
    check_token(call)
    row = only(call, user, TEMP_STRONG)
    check_alive(row)
    count = row.doc.get("_resets", 0) + 1
    if 0 <= number(parameters(call.box.store, user.client, PUK.policy or ""), "maxResetCount") < count:
        raise problem.rule("maxResetCount", "The maximum number of resets has been reached.")
    doc, told = _strong_password(call, user, row.doc)
    changed = touch(call, row, {**doc, "_resets": count, "stateName": "initial", **NEW_COUNTERS})
    return Answer(200, {**dto(_STRONG, call, changed), **told}) if told else Answer(204)


_STRONG = Family(
    *("tempStrong", TEMP_STRONG, {"": "8.2511"}),
    taken=("tempStrongPasswordExists", "The user already has a temporary strong password."),
    make=_strong_password,
    show=_its_hash,
)
FAMILIES: Sequence[Family] = (
    Family(
        *("urlTicket", URL_TICKET, {"": "2.80"}),
        {
            **dict.fromkeys(("identification", "urlPrefix"), text()),
            "stateName": text(choices=(*STATES, "tmp_locked", "fail_locked", "reset_code", "admin_changed")),
        },
        taken=("URLTicketExists", "The user already has a URL ticket."),
        check=_spelt_states,
        make=_url_ticket,
    ),
    Family(
        *("ticket", TICKET, {"": "8.2511"}, dict.fromkeys(("identification", "context"), text())),
        taken=("ticketExists", "The user already has a ticket."),
        make=_ticket,
    ),
    Family(
        *("recoveryCodes", RECOVERY_CODES, {"": "2.78"}),
        make=_recovery_codes,
        show=_unused_codes,
        calls=("create", "get", "delete"),
        creating=("CredentialCreate", "CredentialModify"),
        replaces=True,
        own_create=True,
        without_body=True,
    ),
    _STRONG,
    Family(
        *("puk", PUK, {}),
        taken=("PUKExists", "The user already has a PUK."),
        make=lambda _, __, doc: ({**doc, "_hash": hash_secret(secrets.token_hex(4))}, None),
        served=lambda box: box.switches.guessed_credentials,
    ),
)


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The calls of endpoints.yaml for these types."""
    path, rights = path_of(_STRONG, "reset"), ("CredentialModify", "CredentialView")
    return (
        *(endpoint for family in FAMILIES for endpoint in endpoints_of(family)),
        Endpoint("tempStrong.reset", "POST", path, reset_strong, rights, self_admin=True, since="8.2511"),
    )
