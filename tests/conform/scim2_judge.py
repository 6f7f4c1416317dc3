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
from datetime import datetime
from typing import Any

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import (
    Mutability,
    Path,
    Required,
    Resource,
    ResourceType,
    ResponseParameters,
    Schema,
    ServiceProviderConfig,
)
from scim2_taught import FIRST, IDCS, LAST, LEFT, NEEDED, NEVIS, Examples, call_witnesses, examples
from scim2_tester import CheckResult, Status, check_server
from scim2_tester.checkers import resource_type_tests
from scim2_tester.utils import CheckConfig, CheckContext


@dataclass(frozen=True)
class Disagreement:
    """A check that fails and shall, with this in its reason. `type` "*": of any type."""

    type: str
    checks: tuple[str, ...]
    about: str
    why: str


ADD, REMOVE, REPLACE, PUT = (
    "check_add_attribute",
    "check_remove_attribute",
    "check_replace_attribute",
    "object_replacement",
)
GIVEN = (
    "RFC 7643 section 2.2: what is immutable SHALL NOT be updated. A create that leaves it out gets one (RFC 7644 section 3.3); "
    "the judge takes it for unassigned"
)
LATE = (
    "RFC 7643 section 2.2: what is immutable MAY be defined at creation or replacement and SHALL NOT be updated; "
    "the judge would define it by a PATCH"
)
LIMIT = (
    "RFC 7644 section 3.5.1 would have an immutable value without a predecessor applied; nevisIDM takes it in its create only, "
    "so it is refused (400 mutability) and not lost"
)
HELD = (
    "RFC 7644 section 3.5.2.2: removing what is required SHALL be 400 mutability; RFC 7643 section 2.2: what is immutable SHALL NOT be "
    "updated. An extension with such values in it cannot go as a whole"
)
DEFAULT = (
    "RFC 7643 section 7 knows no default: a login is always locked or not, a user without a login is neither, so it is not required; "
    "removing it is refused as for what is"
)
BESIDE = (
    "RFC 7644 section 3.5.2.1: what is added to a multi-valued attribute stands beside what is there; "
    "the judge has added one before with the whole extension, and wants the second one alone"
)
NEVER = "RFC 7643 section 7: what is returned never never comes back, and may be readWrite all the same; the judge wants it back"
EMPTY = (
    "RFC 7643 section 2.2: what is readOnly SHALL NOT be modified, and all in this extension is; RFC 7643 section 2.5: without values it "
    "is unassigned. The judge adds an empty object and wants it back"
)

BORN = {
    "UserFido2Credentials": ("attachment", "userAgent"),
    "UserFidoUafCredentials": ("displayName", "publicKey", "publicKeyAlgorithm", "authenticatorVersion"),
    "UserMobileSignatureCredentials": ("signerCertificate",),
    "UserTicketCredentials": ("identification", "context"),
    "UserUrlTicketCredentials": ("identification",),
}
"""What nevisIDM takes in its create and nowhere else, and need not be given there."""

STATE = f"{IDCS}:userState:User"
DISAGREEMENTS = (
    Disagreement("*", (ADD,), "'extId'", GIVEN),
    Disagreement("Group", (ADD,), "'externalId'", GIVEN),
    *(Disagreement(kind, (REPLACE,), "'status'", NEVER) for kind in ("AuthToken", "SmtpCredential")),
    *(Disagreement(kind, (ADD,), f"'{name}'", LATE) for kind, names in BORN.items() for name in names),
    *(Disagreement(kind, (PUT,), "can be given only when the resource is made", LIMIT) for kind in BORN),
    *(Disagreement("User", (REMOVE,), f"'{urn}'", HELD) for urn in (f"{NEVIS}:User", f"{IDCS}:user:User", STATE)),
    Disagreement("User", (REMOVE,), f"'{STATE}:locked'", DEFAULT),
    Disagreement("User", (ADD,), f"'{NEVIS}:User:federatedIdentities'", BESIDE),
    Disagreement("User", (ADD, REPLACE), f"'{IDCS}:passwordState:User'", EMPTY),
)

WRITTEN = [Mutability.read_write, Mutability.immutable]
TAUGHT = [*WRITTEN, Mutability.write_only]
DISCOVERY = (ResourceType, Schema, ServiceProviderConfig)


class Asking(SyncSCIMClient):
    """A client that asks for all that can be written when it reads or changes one resource, as the judge then looks for it there."""

    def query(self, query_type: Any = None, id: Any = None, query_parameters: Any = None, **more: Any) -> Any:  # noqa: A002
        if id is not None and query_parameters is None and query_type not in DISCOVERY:
            query_parameters = ResponseParameters[query_type](attributes=written(query_type))
        return super().query(query_type, id, query_parameters, **more)

    def modify(self, target: Any = None, id: Any = None, patch_op: Any = None, **more: Any) -> Any:  # noqa: A002
        return super().modify(target, id, patch_op, params={"attributes": ",".join(map(str, written(target)))}, **more)


def written(model: type[Resource[Any]]) -> list[Path[Any]]:
    """What a client can write of a type, by its smallest parts: beside them, what is made of them would be shown, too."""
    paths = [path for path in Path[model].iter_paths(mutability=WRITTEN) if path.resolve() is not None]
    wholes = {path for path in paths if any(str(each).startswith(f"{path}.") for each in paths)}
    return [path for path in paths if path not in wholes]


def judge(url: str, token: str, only: tuple[str, ...]) -> list[CheckResult]:
    """Discovery, and every check on every type; those of changes only where the type offers them (its Allow header)."""
    http = Client(base_url=url, headers={"Authorization": f"Bearer {token}"})
    client = Asking(http)
    client.discover()
    people = call_witnesses(http)
    results = check_server(client, resource_types=["none of them"])
    for kind in client.provider.resource_types:
        if not only or kind.name in only:
            model = client.get_resource_model(kind.name)
            mark(model, NEEDED.get(kind.name, ()), Required.true)
            mark(model, LEFT.get(kind.name, ()), Mutability.read_only)
            teach(model, examples(http, kind.name, people))
            allowed = methods(http, f"{kind.endpoint}/x") | methods(http, kind.endpoint)
            results += of_type(client, kind, allowed)
    return results


def of_type(client: Asking, kind: ResourceType, allowed: set[str]) -> list[CheckResult]:
    """All checks on one type that it offers; all begin with a create."""
    refused = {"PUT": {"crud:update"}, "PATCH": {"patch"}, "POST": {"crud", "patch"}}
    without = set().union(*(tags for method, tags in refused.items() if method not in allowed))
    results = resource_type_tests(CheckContext(client, CheckConfig(exclude_tags=without)), kind)
    for each in results:
        each.resource_type = kind.name
    return results


def methods(http: Client, address: str) -> set[str]:
    """What an address offers."""
    return set(http.request("OPTIONS", address).headers["allow"].split(", "))


def teach(model: type[Resource[Any]], taught: Examples) -> None:
    """Put examples into the judge's picture of a type."""
    for path in Path[model].iter_paths(mutability=TAUGHT):
        found = path.resolve()
        if found is None or found.target_model is None:
            continue
        values = taught.get(str(path))
        if values is None and found.target_type is datetime:
            values = FIRST if "from" in str(path).lower() else LAST
        if values is not None:
            found.target_model.model_fields[found.target_field_name].examples = list(values)


def mark(model: type[Resource[Any]], names: tuple[str, ...], what: Required | Mutability) -> None:
    """Put into the judge's picture of a type that these must be in a body, or are not to be tried."""
    for found in (Path[model](name).resolve() for name in names):
        metadata = found.target_model.model_fields[found.target_field_name].metadata
        metadata[:] = [what if isinstance(each, type(what)) else each for each in metadata]


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
        elif each.status is Status.SKIPPED:
            yield "left", each, ""
        else:
            known = next((one for one in DISAGREEMENTS if is_about(one, each)), None)
            yield ("known", each, known.why) if known else ("FAILED", each, "")


def is_about(known: Disagreement, result: CheckResult) -> bool:
    """Whether a failed check is the one that is meant."""
    return (
        known.type in ("*", result.resource_type) and result.title in known.checks and known.about in str(result.reason)
    )


def stale(found: list[tuple[str, CheckResult, str]]) -> Iterator[tuple[Disagreement, str]]:
    """The disagreements, check by check, that are none any more."""
    failed = [result for verdict, result, _ in found if verdict == "known"]
    for one in DISAGREEMENTS:
        for check in one.checks:
            if not any(result.title == check and is_about(one, result) for result in failed):
                yield one, check


def told(url: str, token: str, *only: str) -> int:
    """The judge who was told; the exit status. `only`: the types to judge, else all."""
    found = list(verdicts(judge(url, token, only)))
    for verdict, result, why in found:
        reason = f"{why} [{result.reason}]" if why else result.reason
        print(f"{verdict:6} {result.resource_type or '-'} {result.title}: {reason}")
    gone = [] if only else list(stale(found))
    for one, check in gone:
        print(f"STALE  {one.type} {check} {one.about}: no longer disagrees; take it from the list")
    counts = {verdict: sum(each == verdict for each, _, _ in found) for verdict in ("ok", "left", "known", "FAILED")}
    print(f"{len(found)} checks:", ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return 1 if counts["FAILED"] or gone or not counts["ok"] else 0


if __name__ == "__main__":
    sys.exit({"alone": alone, "told": told}[sys.argv[1]](*sys.argv[2:]))
