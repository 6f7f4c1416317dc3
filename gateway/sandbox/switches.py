"""What the public material does not tell about nevisIDM, as switches.

Every field stands for one unknown of `reference/nevisidm/gaps.md` (its number is in the field's metadata), and its default is the
assumption made there. A test turns one and sees whether the gateway still tells the truth. Switches are a value: to change them
while the sandbox runs, replace them (`box.switches = dataclasses.replace(box.switches, offset=False)`).
"""

import difflib
import typing
from collections.abc import Iterable, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal, Self, TypeVar

_T = TypeVar("_T")


class SwitchError(ValueError):
    """A switch was named or set wrongly; the text says what would be right."""


def _switch(default: _T, gap: int | None, text: str) -> _T:
    """A dataclass field with its help and gap number; typed as its default so that the annotations stay plain."""
    made: _T = field(default=default, metadata={"help": text, "gap": gap})
    return made


@dataclass(frozen=True, slots=True)
class Switches:
    """The installation being imitated. See `describe()` for all of it in words."""

    # the installation
    release: str = _switch(
        "8.2605", 52, "release imitated; endpoints that came later answer 404 (2.82, 7.2405, 8.2511 …)"
    )
    people_log_in: bool = _switch(
        True, None, "a bearer token may be base64 of user:credential:secret, of a person too, who then acts for itself"
    )
    unauthorized_body: Literal["html", "empty"] = _switch("html", 3, "body of a 401")
    x_token_status: Literal[401, 422] = _switch(422, 4, "status of errors.invalidJWTToken")
    location: Literal["absolute", "path"] = _switch("absolute", None, "form of the Location header after a create")
    extra_fields: bool = _switch(
        False, None, "DTOs carry a field that no documentation knows (v1 may grow at any time)"
    )
    empty_fields: Literal["omitted", "null"] = _switch("omitted", 19, "how fields of a user without a value are shown")

    # lists
    modifiers_sw: bool = _switch(True, 7, "<field>_SW= is understood")
    modifiers_ieq: bool = _switch(True, 7, "<field>_IEQ= is understood")
    sw_ignores_case: bool = _switch(False, 7, "<field>_SW= compares without regard to case")
    unknown_parameters: Literal["ignore", "refuse"] = _switch(
        "ignore", 9, "query parameters nobody knows: dropped, or 422"
    )
    property_prefix: Literal["both", "plain", "properties."] = _switch("both", 8, "how a property filter is spelt")
    property_ieq: bool = _switch(False, 8, "<property>_IEQ= is understood")
    total_count: bool = _switch(True, 12, "returnTotalResultCount=true gives _pagination.totalResult")
    offset: bool = _switch(True, 13, "offset= is understood (else ignored)")
    default_limit: int = _switch(1000, 11, "page size when limit is absent or 0")
    max_limit: int = _switch(1000, 11, "largest page; a larger limit is cut to it")
    sort_suffix: bool = _switch(True, 10, "sortBy takes _ASC and _DESC (else such a value is 422)")
    archived_listed: bool = _switch(True, 15, "lists of users and profiles contain archived ones")
    user_list_carries_properties: bool = _switch(True, 8, "items of clients/{c}/users carry properties")

    # bodies
    unknown_fields: Literal["refuse", "ignore"] = _switch("refuse", None, "body fields nobody knows: 422, or dropped")

    # users and profiles
    delete_active: Literal["allowed", "refused"] = _switch("allowed", 16, "DELETE of a user that is not archived")
    patch_nested: Literal["merge", "replace"] = _switch("merge", 17, "a nested object in a PATCH body")
    clear_value: Literal["null", "empty", "both"] = _switch("both", 18, "what clears a scalar; the other one is 422")
    identifier_charset: Literal["wide", "printed"] = _switch(
        "wide", 20, "characters of an extId; printed has no - and no @"
    )
    duplicate_status: Literal[422, 409] = _switch(422, 21, "status of errors.duplicateName and errors.duplicateValue")
    reactivate_profiles: bool = _switch(False, 22, "re-activating a user re-activates its disabled profiles")
    language_case: Literal["upper", "lower", "kept"] = _switch("upper", 23, "languageCode as answered")
    birth_date: Literal["date", "datetime"] = _switch("date", 24, "birthDate as answered")
    auto_profile: bool = _switch(False, 25, "POST users makes a profile in the client's default unit")
    lock_status: Literal[409, 412, 422] = _switch(409, 27, "status of errors.optimisticLockingFailure")
    missing_version: Literal["accepted", "refused"] = _switch("accepted", 27, "a PATCH body without version")
    properties_raise_version: bool = _switch(
        True, 28, "PATCH …/properties raises the version of the user, profile, credential"
    )
    property_max_length: int = _switch(4000, 54, "longest property value whose definition sets no length")

    # credentials
    client_list_credentials: bool = _switch(
        True, 32, "clients/{c}/generic-credentials and users/{u}/credentials exist (7.2405)"
    )
    client_list_filters: bool = _switch(
        True, 32, "clients/{c}/generic-credentials filters (else parameters are unknown)"
    )
    list_items_carry_properties: bool = _switch(True, 32, "items of generic credential lists carry properties")
    identification_scope: Literal["client", "user"] = _switch("client", 35, "where a generic identification is unique")
    credential_discriminator: Literal["typeName", "type", "none"] = _switch(
        "typeName", 38, "type field in users/{u}/credentials"
    )
    password_create_status: Literal[201, 204] = _switch(201, 39, "status of POST password without a reset code")
    password_change_path: bool = _switch(True, 40, "POST …/password/change exists")
    password_get: bool = _switch(True, 40, "GET …/password exists")
    admin_change_state: Literal["admin-changed", "active"] = _switch(
        "admin-changed", 41, "state after somebody else's change"
    )
    hashes_shown: bool = _switch(
        True, 39, "GET of context and temporary strong passwords answers the hash with its algorithm"
    )
    guessed_credentials: bool = _switch(True, 47, "security-questions and puk exist under these paths")
    certificate_properties: bool = _switch(True, 37, "certificates are shown with their properties")
    recovery_codes_told: Literal["get", "create"] = _switch(
        "get", 37, "which call answers recovery codes: every GET, or the create once"
    )
    recovery_code_status: Literal[422, 401] = _switch(
        422, 44, "status of a wrong recovery code (errors.userLoginFailed)"
    )
    url_ticket_states: Literal["hyphens", "underscores", "both"] = _switch(
        "hyphens", None, "how POST url-ticket spells states (tmp-locked, tmp_locked): two pages contradict each other"
    )
    new_application: Literal["everywhere", "nowhere"] = _switch(
        "everywhere", None, "clients that a new application belongs to; no call is documented that gives it to one"
    )
    eroles: bool = _switch(True, None, "enterprise roles are enabled (else 422 errors.enterpriseRolesDisabled)")

    # authorizations
    user_roles: Literal["list", "array", "none"] = _switch(
        "list", 49, "users/{u}/roles: the list wrapper, an array, no such path"
    )
    authorization_rooms: bool = _switch(True, 50, "authorizations/{a}/units, clients, applications and eroles exist")

    # logging in
    initial_password_login: bool = _switch(True, 41, "passwords in state initial, reset-code, admin-changed can log in")
    auth_trailing_slash: bool = _switch(False, 43, "the login paths end in / (without it 404 with HTML)")
    login_missing_status: Literal[404, 422] = _switch(404, 44, "status when the credential is missing")
    login_inactive_status: Literal[422, 404] = _switch(422, 44, "status when the credential is not active or not valid")
    login_checks_user: bool = _switch(False, 45, "login looks at user state and validity too (error.login.userState)")
    login_info_code: Literal[5, 0] = _switch(5, 46, "statusCode of a success recorded by login-info")

    # query service
    query_enabled: bool = _switch(True, 29, "the query service exists")
    query_disabled_status: Literal[404, 422] = _switch(404, 29, "status of errors.queryServiceDisabled")
    query_rebuilding: bool = _switch(False, 29, "the index is being rebuilt: no hits, a text in messages.infos")
    query_leading_wildcard: bool = _switch(False, 29, "a term may begin with * or ?")
    query_lag_seconds: float = _switch(0.0, 29, "how long a write takes to reach the index")
    query_max_window: int = _switch(10_000, 29, "largest from + size")
    query_error_shape: Literal["envelope", "errors"] = _switch("envelope", 31, "body of a 400 from the query service")

    @classmethod
    def parse(cls, settings: Iterable[str]) -> Self:
        """Switches from `name=value` texts (`--set` of the command line); raises SwitchError naming the cure."""
        return cls(**dict(_setting(cls, text) for text in settings))

    @classmethod
    def describe(cls) -> Sequence[str]:
        """One line a switch for `--help`: its values, its default, what it means and the gap it stands for."""
        return [_line(cls, made) for made in fields(cls)]


def _setting(cls: type[Switches], text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    name, value = name.strip(), value.strip()
    names = [made.name for made in fields(cls)]
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "see --help for the list."
        raise SwitchError(f"There is no sandbox switch {name!r}: {hint}")
    if not equals:
        raise SwitchError(f"Switch {name!r} needs a value, as in {name}={_values(cls, name).split('|')[0]}.")
    return name, _value(cls, name, value)


def _value(cls: type[Switches], name: str, text: str) -> Any:
    kind = typing.get_type_hints(cls)[name]
    if kind is str:
        return text
    if kind in (int, float):
        return _number(kind, name, text)
    known = _choices(kind)
    if text.lower() not in known:
        near = difflib.get_close_matches(text.lower(), known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise SwitchError(f"Switch {name!r} cannot be {text!r}: it is one of {_values(cls, name)}.{hint}")
    return known[text.lower()]


def _number(kind: type[int] | type[float], name: str, text: str) -> float:
    try:
        value = kind(text)
    except ValueError:
        value = kind(-1)
    if not 0 <= value < float("inf"):
        raise SwitchError(f"Switch {name!r} cannot be {text!r}: it is a number that is not negative.")
    return value


def _choices(kind: Any) -> dict[str, Any]:
    if kind is bool:
        return {"on": True, "off": False, "true": True, "false": False, "yes": True, "no": False}
    return {str(choice).lower(): choice for choice in typing.get_args(kind)}


def _values(cls: type[Switches], name: str) -> str:
    kind = typing.get_type_hints(cls)[name]
    if kind is bool:
        return "on|off"
    return "|".join(str(choice) for choice in typing.get_args(kind)) or kind.__name__


def _line(cls: type[Switches], made: Field[Any]) -> str:
    default = ("off", "on")[made.default] if isinstance(made.default, bool) else made.default
    gap = f" (gap {made.metadata['gap']})" if made.metadata["gap"] else ""
    return f"{made.name}={_values(cls, made.name)}  [{default}]  {made.metadata['help']}{gap}"
