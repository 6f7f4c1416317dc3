"""Every error example of the three nevisIDM documents comes back with that status, code and message, word for word."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from gateway.sandbox.account import ALL, Rooms
from gateway.sandbox.table import POLICIES

Setup = Callable[[Any], Awaitable[None]]
GENERIC = "100/users/user-123/generic-credentials"
SECURID = "100/users/user-123/securid"
PROFILE = "100/profiles/profile-123/properties"
VALID = {"identification": "dbuser"}


async def user(nevis: Any) -> None:
    await nevis.user("user-123")


async def profile(nevis: Any) -> None:
    await nevis.user("user-123")
    await nevis.made("100/users/user-123/profiles", {"extId": "profile-123", "unitExtId": "sales"})


async def poor(nevis: Any) -> None:
    """A caller with every right but the ones that matter."""
    await profile(nevis)
    nevis.account("poor", rights=frozenset({"AccessControl.UserView"}))


async def elsewhere(nevis: Any) -> None:
    """A caller whose data room is another client."""
    await profile(nevis)
    nevis.account("elsewhere", rooms=Rooms(clients=frozenset({"30"})))


async def itself(nevis: Any) -> None:
    """The user itself, without any right."""
    await user(nevis)
    nevis.account("itself", client="100", user="user-123", rights=frozenset(), self_admin=True)


async def itself_proven(nevis: Any) -> None:
    await itself(nevis)
    await nevis.made("100/users/user-123/password", {"password": "Muster-2026"})
    credentials = {"username": "user-123-login", "password": "Muster-2026", "grant_type": "password"}
    reply = await nevis("POST", "/nevisidm/api/principal/v1/token", credentials, token="itself")
    nevis.proof = reply.json()["access_token"]


async def credential(nevis: Any) -> None:
    await user(nevis)
    await nevis.made(GENERIC, {"extId": "cred-123", **VALID})


async def other_policy(nevis: Any) -> None:
    await user(nevis)
    await nevis.made("100/policies", {"extId": "policy-123", "policyType": "PwdPolicy"})


async def no_default(nevis: Any) -> None:
    await user(nevis)
    store = nevis.box.store
    store.delete(POLICIES, store.find(POLICIES, "100", "100-GenericCredentialPolicy"))


async def taken_on_credential(nevis: Any) -> None:
    await user(nevis)
    await nevis.made(GENERIC, {"identification": "first", "properties": {"employee_id": "123"}})


async def taken_on_profile(nevis: Any) -> None:
    await profile(nevis)
    await nevis.made("100/users/user-123/profiles", {"extId": "first"})
    await nevis.changed("100/profiles/first/properties", {"employee_id": "123"})


def with_property(name: str, value: str) -> dict[str, Any]:
    return {**VALID, "properties": {name: value}}


FUNCTION = "Permission denied: Caller does not have the required right 'AccessControl.{}' to perform this action"
NO_CLIENT = "Client doesn't exist with extId 'client-123'"
NO_USER = "A user with extId 'user-123' doesn't exist on client with name Default"
LONG = (
    "ch.nevis.idm.policy.PolicyViolation: Policy failed:\n"
    "ch.nevis.idm.policy.element.PolicyElementViolation<element=Regex policy violation limit=129, actualValue=130>"
)
UNIQUE = "Property Uniqueness (uScope is 'absolute') constraints violated by value '123' for property 'employee_id'."
UNKNOWN = "No property exists with the name 'additionalProp1' for the scope."

# document: (name of the example, setup, caller, method, path, body) -> (status, code, message)
EXAMPLES: list[tuple[str, Setup, str, str, str, Any, int, str, str]] = [
    # nevisidm-delete-securid-credential.txt
    *[
        (
            "securid: right",
            poor,
            "poor",
            "DELETE",
            SECURID,
            None,
            403,
            "insufficientRightsFunction",
            FUNCTION.format("CredentialDelete"),
        ),
        (
            "securid: room",
            elsewhere,
            "elsewhere",
            "DELETE",
            SECURID,
            None,
            403,
            "combinedDataroomDenied",
            "Permission denied: AccessControl.CredentialDelete",
        ),
        (
            "securid: client",
            user,
            "all",
            "DELETE",
            "client-123/users/user-123/securid",
            None,
            404,
            "noRecord",
            NO_CLIENT,
        ),
        (
            "securid: user",
            profile,
            "all",
            "DELETE",
            "100/users/user-124/securid",
            None,
            404,
            "noRecord",
            NO_USER.replace("123", "124"),
        ),
        (
            "securid: credential",
            user,
            "all",
            "DELETE",
            SECURID,
            None,
            404,
            "noRecord",
            "User with extId user-123 has no SecurId credential",
        ),
        ("securid: token", itself, "itself", "DELETE", SECURID, None, 422, "invalidJWTToken", "Invalid JWT token."),
    ],
    # nevisidm-create-generic-credential.txt
    *[
        (
            "generic: right",
            poor,
            "poor",
            "POST",
            GENERIC,
            VALID,
            403,
            "insufficientRightsFunction",
            FUNCTION.format("CredentialCreate"),
        ),
        (
            "generic: room",
            elsewhere,
            "elsewhere",
            "POST",
            GENERIC,
            VALID,
            403,
            "combinedDataroomDenied",
            "Permission denied: AccessControl.CredentialCreate",
        ),
        (
            "generic: client",
            user,
            "all",
            "POST",
            "client-123/users/user-123/generic-credentials",
            VALID,
            404,
            "noRecord",
            NO_CLIENT,
        ),
        (
            "generic: naming",
            user,
            "all",
            "POST",
            GENERIC,
            {"extId": "x" * 130, **VALID},
            422,
            "identifierPolicyViolated",
            LONG,
        ),
        (
            "generic: extId",
            credential,
            "all",
            "POST",
            GENERIC,
            {"extId": "cred-123", "identification": "other"},
            422,
            "duplicateName",
            "A credential with this extId 'cred-123' already exists",
        ),
        (
            "generic: identification",
            credential,
            "all",
            "POST",
            GENERIC,
            VALID,
            422,
            "duplicateValue",
            "A Generic Credential already exists with the same identification.",
        ),
        (
            "generic: state",
            user,
            "all",
            "POST",
            GENERIC,
            {**VALID, "stateName": "invalid_state"},
            422,
            "invalidParameter",
            "Invalid CredentialState name 'invalid_state'",
        ),
        ("generic: token", itself, "itself", "POST", GENERIC, VALID, 422, "invalidJWTToken", "Invalid JWT token."),
        (
            "generic: policy",
            user,
            "all",
            "POST",
            GENERIC,
            {**VALID, "policyExtId": "policy-123"},
            422,
            "invalidParameter",
            "PolicyConfiguration doesn't exist with extId 'policy-123'",
        ),
        (
            "generic: policy type",
            other_policy,
            "all",
            "POST",
            GENERIC,
            {**VALID, "policyExtId": "policy-123"},
            422,
            "invalidParameter",
            "Policy Configuration policy-123 is not of type GenericCredentialPolicy",
        ),
        (
            "generic: no default policy",
            no_default,
            "all",
            "POST",
            GENERIC,
            VALID,
            422,
            "invalidParameter",
            "Default Policy Configuration does not exist for type GenericCredentialPolicy!",
        ),
        (
            "generic: validity",
            itself_proven,
            "itself",
            "POST",
            GENERIC,
            {**VALID, "validity": {"to": "2030-12-31T23:59:59Z"}},
            422,
            "invalidParameter",
            "In self-service mode validity field must be empty",
        ),
        (
            "generic: unknown property",
            user,
            "all",
            "POST",
            GENERIC,
            with_property("additionalProp1", "x"),
            422,
            "invalidData",
            UNKNOWN,
        ),
        (
            "generic: unique property",
            taken_on_credential,
            "all",
            "POST",
            GENERIC,
            with_property("employee_id", "123"),
            422,
            "propertyUniquenessViolated",
            UNIQUE,
        ),
        (
            "generic: long property",
            user,
            "all",
            "POST",
            GENERIC,
            with_property("employee_id", "1" * 21),
            422,
            "property.stringmaxlen",
            "employee_id",
        ),
        (
            "generic: regex property",
            user,
            "all",
            "POST",
            GENERIC,
            with_property("employee_id", "abc"),
            422,
            "property.stringregex",
            "employee_id",
        ),
    ],
    # nevisidm-update-profile-properties.txt
    *[
        (
            "profile: right",
            poor,
            "poor",
            "PATCH",
            PROFILE,
            {},
            403,
            "insufficientRightsFunction",
            FUNCTION.format("ProfileModify"),
        ),
        (
            "profile: room",
            elsewhere,
            "elsewhere",
            "PATCH",
            PROFILE,
            {},
            403,
            "combinedDataroomDenied",
            "Permission denied: AccessControl.ProfileModify",
        ),
        (
            "profile: client",
            user,
            "all",
            "PATCH",
            "client-123/profiles/profile-123/properties",
            {},
            404,
            "noRecord",
            NO_CLIENT,
        ),
        (
            "profile: profile",
            user,
            "all",
            "PATCH",
            PROFILE,
            {},
            404,
            "noRecord",
            "Profile doesn't exist with extId 'profile-123'",
        ),
        (
            "profile: unknown property",
            profile,
            "all",
            "PATCH",
            PROFILE,
            {"additionalProp1": "x"},
            422,
            "invalidData",
            UNKNOWN,
        ),
        (
            "profile: unique property",
            taken_on_profile,
            "all",
            "PATCH",
            PROFILE,
            {"employee_id": "123"},
            422,
            "propertyUniquenessViolated",
            UNIQUE,
        ),
        (
            "profile: long property",
            profile,
            "all",
            "PATCH",
            PROFILE,
            {"employee_id": "1" * 21},
            422,
            "property.stringmaxlen",
            "employee_id",
        ),
        (
            "profile: regex property",
            profile,
            "all",
            "PATCH",
            PROFILE,
            {"employee_id": "abc"},
            422,
            "property.stringregex",
            "employee_id",
        ),
    ],
]


@pytest.mark.parametrize(
    ("setup", "caller", "method", "path", "body", "status", "code", "message"),
    [example[1:] for example in EXAMPLES],
    ids=[example[0] for example in EXAMPLES],
)
async def test_documented_error_comes_back_word_for_word(
    nevis: Any, setup: Setup, caller: str, method: str, path: str, body: Any, status: int, code: str, message: str
) -> None:
    await setup(nevis)
    headers = {"X-Token": getattr(nevis, "proof", "not.a.token")}

    reply: httpx.Response = await nevis(method, path, body, token=caller, headers=headers)

    assert reply.headers["content-type"].startswith("application/json")
    assert (reply.status_code, reply.json()) == (status, {"errors": [{"code": f"errors.{code}", "message": message}]})


@pytest.mark.parametrize("path", ["100/users/user-123/securid", "100/users/user-123/generic-credentials"])
async def test_a_missing_user_is_named_with_its_client(nevis: Any, path: str) -> None:
    reply = await nevis(
        "DELETE" if path.endswith("securid") else "POST", path, None if path.endswith("securid") else VALID
    )
    assert (reply.status_code, reply.json()) == (404, {"errors": [{"code": "errors.noRecord", "message": NO_USER}]})


async def test_a_refused_create_leaves_nothing_behind(nevis: Any) -> None:
    await taken_on_credential(nevis)
    await nevis("POST", GENERIC, with_property("employee_id", "123"))
    assert [item["identification"] for item in (await nevis.seen(GENERIC))["items"]] == ["first"]


async def test_rights_come_before_existence_and_existence_before_rooms(nevis: Any) -> None:
    nevis.account("poor", rights=frozenset(), rooms=Rooms(clients=frozenset()))
    nevis.account("elsewhere", rights=ALL, rooms=Rooms(clients=frozenset()))
    codes = [
        (await nevis("DELETE", "client-123/users/u/securid", token=token)).json()["errors"][0]["code"]
        for token in ("poor", "elsewhere")
    ]
    assert codes == ["errors.insufficientRightsFunction", "errors.noRecord"]
