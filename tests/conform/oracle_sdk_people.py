"""Oracle's Python SDK in the hands of a person: /Me and MePasswordChanger with her own nevisIDM login.

Run by pytest in the judges' environment; besides JUDGED_URL there is JUDGED_NEVISIDM, where the sandbox listens: that is where people get
their X-Token, and where what arrived is looked at.
"""

from __future__ import annotations

import base64
import os
from typing import Any

from oci._vendor import requests
from oci.identity_domains import IdentityDomainsClient
from oci.identity_domains import models as m
from oracle_sdk import Bearer, connected, patch, refused

USER = "u-1002"


class Person(Bearer):
    """A person's own login, as Nevis ID's cloud spells it, with an X-Token where there is one."""

    def __init__(self, password: str, x_token: str | None = None) -> None:
        super().__init__(own_login(password))
        self.x_token = x_token

    def __call__(self, request: Any, enforce_content_headers: bool = True) -> Any:
        if self.x_token is not None:
            request.headers["X-Token"] = self.x_token
        return super().__call__(request, enforce_content_headers)


def own_login(password: str) -> str:
    return base64.b64encode(f"{USER}:pw-1002:{password}".encode()).decode().rstrip("=")


def nevisidm(method: str, path: str, token: str, body: Any = None) -> Any:
    """A call of nevisIDM's own interface."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.request(method, f"{os.environ['JUDGED_NEVISIDM']}{path}", json=body, headers=headers, timeout=10)
    answer.raise_for_status()
    return answer.json()


def me(password: str = "Welcome-1002", *, proved: bool = False) -> IdentityDomainsClient:
    """A client with her login; `proved`: and with an X-Token that she got for her password."""
    form = {"grant_type": "password", "username": "mmuster", "password": password}
    token = nevisidm("POST", "/principal/v1/token", own_login(password), form)["access_token"] if proved else None
    mine = connected()
    mine.base_client.signer = Person(password, token)
    return mine


def test_me_is_read_and_changed_with_the_callers_own_rights() -> None:
    mine = me()
    found = mine.get_me()
    assert (found.data.id, found.data.user_name) == (USER, "mmuster")
    changed = mine.patch_me(patch_op=patch(m.Operations(op="REPLACE", path="name.givenName", value="Maxine")))
    assert (changed.status, changed.data.name.given_name) == (200, "Maxine")
    stored = nevisidm("GET", f"/core/v1/100/users/{USER}", os.environ["JUDGED_IDM_TOKEN"])
    assert stored["name"]["firstName"] == "Maxine"
    body = mine.get_me()
    body.data.preferred_language = "fr"
    assert mine.put_me(me=body.data, if_match=body.headers["ETag"]).data.preferred_language == "fr"


def test_a_protected_field_wants_an_x_token() -> None:
    change = patch(m.Operations(op="REPLACE", path='emails[type eq "work"].value', value="max@example.org"))
    assert refused(lambda: me().patch_me(patch_op=change))[0] == 401
    assert me(proved=True).patch_me(patch_op=change).data.emails[0].value == "max@example.org"


def test_a_program_has_no_me() -> None:
    assert refused(lambda: connected().get_me())[0] == 403


def test_a_stranger_is_401() -> None:
    assert refused(lambda: me("guess").get_me())[0] == 401


def test_the_own_password_is_changed_by_who_knows_the_old_one() -> None:
    def change(mine: IdentityDomainsClient, old: str, new: str) -> Any:
        schemas = ["urn:ietf:params:scim:schemas:oracle:idcs:MePasswordChanger"]
        wish = m.MePasswordChanger(schemas=schemas, old_password=old, password=new)
        return mine.put_me_password_changer(me_password_changer=wish)

    assert refused(lambda: change(me(), "Welcome-1002", "Correct-Horse-7"))[0] == 401
    mine = me(proved=True)
    status, _, message_id, _ = refused(lambda: change(mine, "guess", "Correct-Horse-7"))
    assert (status, message_id) == (400, "error.identity.passwordmgmt.invalidCurrentPassword")
    status, _, message_id, _ = refused(lambda: change(mine, "Welcome-1002", "short"))
    assert (status, message_id) == (400, "error.identity.passwordmgmt.pwdpolicyViolation")
    assert change(mine, "Welcome-1002", "Correct-Horse-7").data.id == USER
    assert me("Correct-Horse-7").get_me().data.id == USER
    assert refused(lambda: me("Welcome-1002").get_me())[0] == 401
    assert change(me("Correct-Horse-7", proved=True), "Correct-Horse-7", "Welcome-1002").status == 200
