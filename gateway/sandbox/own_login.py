"""People who log in for themselves, by the recipe of Nevis ID's cloud: unpadded base64 of userExtId:credentialExtId:secret as bearer token.

It is documented for technical users with a device password. That a person may use it with its own password, and then acts in self-admin
mode, is an assumption with a switch: how an installation lets people in is not public (gap 2).
"""

import base64
import binascii

from .account import Account
from .box import Sandbox
from .credential_types import DEVICE_PASSWORD, PASSWORD
from .locking import within
from .secret import verify_secret
from .store import Row
from .table import CREDENTIALS, USERS

_USABLE = ("initial", "active", "reset-code", "admin-changed")


def own_account(box: Sandbox, token: str) -> Account | None:
    """The account of the person whose credential the token proves; None for any other token."""
    user, credential, secret = _parts(token)
    if not secret or not box.switches.people_log_in:
        return None
    for row in box.store.rows(CREDENTIALS, "ext_id = ? AND parent = ?", (credential, user)):
        if _proves(box, row, secret):
            return Account(client=row.client, user=user, rights=frozenset(), self_admin=True)
    return None


def _parts(token: str) -> tuple[str, str, str]:
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return "", "", ""
    user, _, rest = text.partition(":")
    credential, _, secret = rest.partition(":")
    return user, credential, secret


def _proves(box: Sandbox, row: Row, secret: str) -> bool:
    owner = box.store.find(USERS, row.client, row.parent or "")
    if owner is None or owner.doc["userState"] != "active" or not within(row.doc, box.now()):
        return False
    known = row.doc["_type"] in (PASSWORD.name, DEVICE_PASSWORD.name) and row.doc["stateName"] in _USABLE
    return known and verify_secret(secret, row.doc["_hash"])
