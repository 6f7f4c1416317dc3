"""scim2-tester on one server: `python scim2_judge.py alone|told URL TOKEN` in the judges' environment; its report goes to stdout.

It makes up values from what /Schemas says. `alone`: it is given the address and no more, as by its command line, and every check has to
succeed. `told`: before it begins it is told, as examples in its own models, what no SCIM schema can say; its checks are its own, all of
them on all types. Exit status 0: all checks passed but those in `DISAGREEMENTS`, each with its reason; 1: another one failed, or one of
these passed after all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import Mutability, Path, Resource, ResourceType, ResponseParameters, Schema, ServiceProviderConfig
from scim2_tester import CheckResult, Status, check_server

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
IDCS = "urn:ietf:params:scim:schemas:oracle:idcs:extension:user:User"
PASSWORD_STATE = "urn:ietf:params:scim:schemas:oracle:idcs:extension:passwordState:User"
STATE = "urn:ietf:params:scim:schemas:oracle:idcs:extension:userState:User"

EXAMPLES: dict[str, dict[str, tuple[Any, ...]]] = {
    "User": {
        "preferredLanguage": ("de", "fr", "it", "en"),  # nevisIDM's policy lists them
        "addresses.country": ("CH", "LI"),  # ISO 3166
        "emails.type": ("work",),  # of which one address is the primary one
        "emails.primary": (True,),
        f"{NEVIS}:defaultProfile.state": ("active",),  # a disabled one takes no changes
        f"{NEVIS}:birthDate": ("2000-01-31", "1999-12-01"),  # a day
        "timezone": ("Europe/Zurich", "UTC"),  # a property with a pattern
        "password": ("Judge-and-jury-1", "Trial-by-fire-2"),  # a password policy
        f"{NEVIS}:unit": ("it", "hr"),  # the units that there are
        f"{NEVIS}:technicalUser": ("false",),  # the judge changes even what is immutable; False would be no example
        "phoneNumbers.value": ("+41441112233", "+41791112233"),  # shown in one spelling
        f"{NEVIS}:properties.costCentre": ("CC-1", "CC-2"),  # property definitions: values, lengths
        f"{NEVIS}:properties.employmentType": ("internal", "trainee"),
        f"{NEVIS}:profile.signingRight": ("none", "joint"),
    },
    "UserGenericCredentials": {
        "properties.environment": ("test", "production"),  # property definitions: values, lengths
        "policy": ("100-GenericCredentialPolicy",),  # the policy that there is
        "state": ("active", "disabled"),  # from archived there is no way back
    },
    "UserSecurIdCredentials": {"state": ("active", "disabled")},
}
_CREDENTIALS = (
    "Certificate ContextPassword DevicePassword Fido2 FidoUaf Kerberos MobileSignature Mtan Oath "
    "OtpCard Password Puk RecoveryCode Safeword SamlFederation TempStrongPassword Ticket UrlTicket"
)
NOT_YET = ("App", "AppRole", "Grant", *(f"User{kind}Credentials" for kind in _CREDENTIALS.split()))
"""Judged in discovery only. Types with attributes that take one value only: the judge makes up others, and False is no example to it;
and credentials of which it has not been told yet what nevisIDM takes (certificates, models of authenticators, prefixes of URLs)."""

FIRST = tuple(datetime(year, 2, 3, 4, 5, 6, tzinfo=UTC) for year in (2021, 2022))
LAST = tuple(datetime(year, 2, 3, 4, 5, 6, tzinfo=UTC) for year in (2031, 2032))
"""What is true of an installation and no schema can say. Also told: an instant for each dateTime, people for owner and member."""


@dataclass(frozen=True)
class Disagreement:
    """A check that fails and shall, with this in its reason."""

    type: str
    checks: tuple[str, ...]
    about: str
    why: str


ADD, REMOVE, REPLACE = "check_add_attribute", "check_remove_attribute", "check_replace_attribute"
HAS_ONE = "nevisIDM always has one, so it cannot be unassigned; no schema says that of what may be left out"
IMMUTABLE = "it is immutable and there from the beginning; the judge takes it for unassigned"
DERIVED = "name.formatted and manager.$ref are made of the others; the judge wants nothing but what it sent"
EMPTY = "nothing in it can be written; the judge wants an empty object back"
MANY = "a group may have many members, so the answer to a change shows them only where its query asks for them"
TEXT = "what it sent is the text that it was taught, what comes back is false"
SAME_ID = "a token has its user's id, as its address must have; the judge looks at the first of that id, the user"

DISAGREEMENTS = (
    Disagreement("User", (REPLACE,), "'name'", DERIVED),
    Disagreement("User", (REMOVE,), "'active'", HAS_ONE),
    Disagreement("User", (REMOVE,), f"'{NEVIS}:unit'", HAS_ONE),
    Disagreement("User", (REMOVE,), f"'{NEVIS}:defaultProfile'", HAS_ONE),
    Disagreement("User", (ADD,), f"'{NEVIS}:technicalUser'", TEXT),
    Disagreement("User", (REMOVE,), f"'{NEVIS}'", f"{IMMUTABLE} (technicalUser)"),
    *(Disagreement("User", (ADD, REPLACE), f"'{urn}'", EMPTY) for urn in (PASSWORD_STATE, STATE)),
    *(Disagreement("User", (ADD, REPLACE), f"'{ENTERPRISE}{rest}'", DERIVED) for rest in ("", ":manager")),
    *(Disagreement("User", (ADD,), f"'{IDCS}:{name}'", IMMUTABLE) for name in ("provider", "creationMechanism")),
    Disagreement("User", (REMOVE,), f"'{IDCS}'", IMMUTABLE),
    Disagreement("Group", (ADD, REPLACE), "'members'", MANY),
    Disagreement("Group", (ADD,), "'externalId'", IMMUTABLE),
    Disagreement("UserGenericCredentials", (ADD,), "'extId'", IMMUTABLE),
    Disagreement("UserGenericCredentials", (REMOVE,), "'policy'", HAS_ONE),
    Disagreement("UserGenericCredentials", (REMOVE,), "'state'", HAS_ONE),
    Disagreement("UserSecurIdCredentials", (REMOVE,), "'state'", HAS_ONE),
    Disagreement("UserSecurIdCredentials", ("search_with_attributes",), "'extId' missing", SAME_ID),
    Disagreement("UserSecurIdCredentials", (ADD,), "'extId'", IMMUTABLE),
)

DISCOVERY = (ResourceType, Schema, ServiceProviderConfig)


WRITTEN = [Mutability.read_write, Mutability.immutable]


class Asking(SyncSCIMClient):
    """A client that asks for all that can be written when it reads one resource, as the judge then looks for it there."""

    def query(self, query_type: Any = None, id: Any = None, query_parameters: Any = None, **more: Any) -> Any:  # noqa: A002
        if id is not None and query_parameters is None and query_type not in DISCOVERY:
            names = list(Path[query_type].iter_paths(mutability=WRITTEN))
            query_parameters = ResponseParameters[query_type](attributes=names)
        return super().query(query_type, id, query_parameters, **more)


def judge(url: str, token: str) -> list[CheckResult]:
    """Every check on every type; those of changes only where the type offers them (its Allow header)."""
    http = Client(base_url=url, headers={"Authorization": f"Bearer {token}"})
    client = Asking(http)
    client.discover()
    people = [person(http, number) for number in range(3)]
    results: list[CheckResult] = []
    for kind in client.provider.resource_types:
        model = client.get_resource_model(kind.name)
        teach(model, EXAMPLES.get(kind.name, {}), people)
        allowed = methods(http, f"{kind.endpoint}/x") | methods(http, kind.endpoint)
        refused = {
            "PUT": {"crud:update"},
            "PATCH": {"patch"},
            "POST": {"crud", "patch"},
        }  # all checks begin with a create
        if kind.name in NOT_YET:
            allowed.discard("POST")
        without = set().union(*(tags for method, tags in refused.items() if method not in allowed))
        results += check_server(client, resource_types=[kind.name], exclude_tags=without)
    return results


def methods(http: Client, address: str) -> set[str]:
    """What an address offers."""
    return set(http.request("OPTIONS", address).headers["allow"].split(", "))


def person(http: Client, number: int) -> str:
    """The id of somebody to give credentials to."""
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"witness-{number}",
        "name": {"givenName": "Eye", "familyName": "Witness"},
        "emails": [{"type": "work", "value": f"witness-{number}@example.org"}],
    }
    return str(http.post("/Users", json=body).raise_for_status().json()["id"])


def teach(model: type[Resource[Any]], examples: dict[str, tuple[Any, ...]], people: list[str]) -> None:
    """Put examples into the judge's picture of a type."""
    for path in Path[model].iter_paths(mutability=[Mutability.read_write, Mutability.immutable, Mutability.write_only]):
        found = path.resolve()
        if found is None or found.target_model is None:
            continue
        values = examples.get(str(path))
        if str(path) in ("user.value", "members.value"):
            values = tuple(people)
        elif found.target_type is datetime:
            values = FIRST if "from" in str(path).lower() else LAST
        if values is not None:
            found.target_model.model_fields[found.target_field_name].examples = list(values)


def alone(url: str, token: str) -> int:
    """The judge as it is; the exit status of its own command line."""
    client = SyncSCIMClient(Client(base_url=url, headers={"Authorization": f"Bearer {token}"}))
    results = check_server(client)
    for each in results:
        print(f"{each.status.name} {each.resource_type or '-'} {each.title}: {each.reason}")
    return 0 if results and all(each.status is Status.SUCCESS for each in results) else 1


def verdicts(results: list[CheckResult]) -> Iterator[tuple[str, CheckResult, str]]:
    """What each result comes to: "ok", "left" (not offered), "known" with the reason, or "FAILED"."""
    for each in results:
        if each.status is Status.SUCCESS:
            yield "ok", each, ""
        elif each.status is Status.SKIPPED and each.reason == "Skipped due to tag exclusion":
            yield "left", each, "the type does not offer it"
        else:
            known = next((one for one in DISAGREEMENTS if is_about(one, each)), None)
            yield ("known", each, known.why) if known else ("FAILED", each, "")


def is_about(known: Disagreement, result: CheckResult) -> bool:
    """Whether a failed check is the one that is meant."""
    return known.type == result.resource_type and result.title in known.checks and known.about in str(result.reason)


def stale(found: list[tuple[str, CheckResult, str]]) -> Iterator[tuple[Disagreement, str]]:
    """The disagreements, check by check, that are none any more."""
    failed = [result for verdict, result, _ in found if verdict == "known"]
    for one in DISAGREEMENTS:
        for check in one.checks:
            if not any(result.title == check and is_about(one, result) for result in failed):
                yield one, check


def told(url: str, token: str) -> int:
    """The judge who was told; the exit status."""
    found = list(verdicts(judge(url, token)))
    for verdict, result, why in found:
        reason = f"{why} [{result.reason}]" if why else result.reason
        print(f"{verdict:6} {result.resource_type or '-'} {result.title}: {reason}")
    gone = list(stale(found))
    for one, check in gone:
        print(f"STALE  {one.type} {check} {one.about}: no longer disagrees; take it from the list")
    counts = {verdict: sum(each == verdict for each, _, _ in found) for verdict in ("ok", "left", "known", "FAILED")}
    print(f"{len(found)} checks:", ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return 1 if counts["FAILED"] or gone or not counts["ok"] else 0


if __name__ == "__main__":
    sys.exit({"alone": alone, "told": told}[sys.argv[1]](*sys.argv[2:]))
