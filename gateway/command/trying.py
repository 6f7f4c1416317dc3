"""`scim-nevisidm try`: typed requests, run one after the other against a sandbox of their own; again whenever a mapping changes.

What a request becomes and what it did is `explain`'s document; here come a fresh sandbox with its sample people, requests in a row
(`{id}` is the id that the answer before had), a body behind the address, with `schemas` where it has none, and the loop that watches files.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from gateway.assembly import context_for, embedded, mappings_folder
from gateway.command.explaining import print_plan, print_refused, print_run
from gateway.errors import ConfigError
from gateway.events import SILENT
from gateway.explanation.document import Explained, explained, ran
from gateway.explanation.typed import NoAddress, Typed, surroundings_of
from gateway.mapping.load import load
from gateway.mapping.model import Mappings
from gateway.operation.context import Context
from gateway.running.serving import run
from gateway.scim.dialect import IDCS, RFC
from gateway.scim.edit import PATCH_OP
from gateway.settings import Settings
from gateway.settings.source import load_settings
from gateway.watched import stamps

ROOTS = {"idcs": IDCS.root, "rfc": RFC.root}
_PAUSE = 0.3
_REQUEST = re.compile(r"(?:(?P<method>[A-Za-z]+)\s+)?(?P<address>/.*?)(?:\s+(?P<body>\{.*\}))?\s*", re.DOTALL)


def try_requests(
    texts: tuple[str, ...],
    directory: Path | None,
    config: Path | None,
    *,
    people: int,
    dialect: str,
    plan: bool,
    as_json: bool,
) -> int:
    """Run the requests; 0 if all are answered well, else 1.

    Raises click.UsageError for what is no request, ConfigError for bad mappings.
    """
    settings = load_settings(config)
    given: dict[str, Any] = {"nevisidm": settings.nevisidm.model_copy(update={"url": None})}
    if directory is not None:
        given["mappings"] = directory
    settings = settings.model_copy(update=given)
    return run(_all(texts, settings, people=people, root=ROOTS[dialect], plan=plan, as_json=as_json))


async def _all(texts: tuple[str, ...], settings: Settings, *, people: int, root: str, plan: bool, as_json: bool) -> int:
    mappings = load(mappings_folder(settings.mappings), settings.variants)
    around = surroundings_of(settings, mappings, "try")
    context = await context_for(settings, embedded(people), SILENT, mappings)
    status, told, last = 0, [], ""
    try:
        for text in texts:
            typed = _with_schemas(typed_of(text.replace("{id}", last), root), mappings)
            try:
                done = explained(typed, around)
            except NoAddress as error:
                raise click.UsageError(str(error)) from None
            if not as_json:
                click.echo(f"{'' if text is texts[0] else chr(10)}{typed.method} {typed.address}")
            status = max(status, await _one(done, context, settings, plan=plan, quiet=as_json))
            told.append(done.told)
            last = _id_of(done.told) or last
    finally:
        await context.client.aclose()
    if as_json:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
    return status


def typed_of(text: str, root: str) -> Typed:
    """`POST /Users {"userName": "zoe"}` as a request; an address below no root is below `root`. Raises click.UsageError."""
    found = _REQUEST.fullmatch(text.strip())
    if found is None:
        raise click.UsageError(f"{text!r} is no request, write one such as 'GET /Users?filter=userName sw \"b\"'")
    address, body = found["address"], found["body"] or ""
    if not address.startswith(tuple(f"{each}/" for each in ROOTS.values())):
        address = root + address
    return Typed((found["method"] or "GET").upper(), address, {}, body.encode())


def _with_schemas(typed: Typed, mappings: Mappings) -> Typed:
    """The request with the `schemas` that its body must have and nobody wants to type."""
    try:
        body = json.loads(typed.body or b"null")
    except ValueError:
        return typed  # told as any client would be
    if not isinstance(body, dict) or "schemas" in body:
        return typed
    root = next(each for each in ROOTS.values() if typed.address.startswith(f"{each}/"))
    kind = mappings.types().get(typed.address[len(root) :].strip("/").split("/")[0].split("?")[0].lower())
    urn = PATCH_OP if typed.method == "PATCH" else kind.schema if kind is not None else None
    return replace(typed, body=json.dumps({"schemas": [urn], **body}).encode()) if urn else typed


async def _one(done: Explained, context: Context, settings: Settings, *, plan: bool, quiet: bool) -> int:
    if done.request is None:
        if not quiet:
            print_refused(done.told)
        return 1
    if plan and not quiet:
        print_plan(done)
    status = await ran(done, context, settings.nevisidm.total_timeout)
    if not quiet:
        print_run(done.told["run"])
    return status


def _id_of(told: dict[str, Any]) -> str | None:
    """The id of what an answer shows: of the resource, or of the first that was found."""
    body = told.get("run", {}).get("answer", {}).get("body")
    if not isinstance(body, dict):
        return None
    first = (body.get("Resources") or [{}])[0]
    found = body.get("id") or (first.get("id") if isinstance(first, dict) else None)
    return str(found) if found else None


def again_on_change(once: Callable[[], int], directory: Path, wait: Callable[[float], None] = time.sleep) -> int:
    """`once`, and again after each change in the folder, until somebody interrupts: then the last status.

    Mappings that are wrong are told, and waited on.
    """
    status = _told(once)
    try:
        for _ in _changes(directory, wait):
            click.echo(f"\n── {directory} has changed ──")
            status = _told(once)
    except KeyboardInterrupt:
        click.echo("")
    return status


def _told(once: Callable[[], int]) -> int:
    try:
        return once()
    except ConfigError as error:
        for finding in error.findings:
            click.echo(f"{error.code.code} {finding}")
        return 3


def _changes(directory: Path, wait: Callable[[float], None]) -> Iterator[None]:
    """One for each change of a mapping in the folder, of a new one, or of one that goes."""
    seen = _state(directory)
    while True:
        wait(_PAUSE)
        now = _state(directory)
        if now != seen:
            seen = now
            yield


def _state(directory: Path) -> object:
    files = sorted(directory.glob("*.yaml"))
    return files, stamps(files)
