"""The console's addresses: the page, its files, and the small JSON API behind it. Every answer has passed the visitors' rules first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.console import page
from gateway.console.attributes import type_facts, types_facts
from gateway.console.editing import LONGEST, Edit, Edits, Texts, finding_facts
from gateway.console.examples import documents, searches
from gateway.console.recent import Recent
from gateway.console.trying import Trying
from gateway.console.visitor import Refusal, Visitors
from gateway.edge.message import read_body
from gateway.errors import BadRequest, ConfigError
from gateway.explanation.typed import Typed
from gateway.operation.context import Context
from gateway.operation.crash import crashed

AT = "/console"
Answer = Callable[[Request], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Console:
    """The console of one gateway. `context` is asked at each request, so that reloaded mappings are seen."""

    visitors: Visitors
    trying: Trying
    texts: Texts
    recent: Recent
    context: Callable[[], Context]

    def routes(self) -> list[Route]:
        """What is added to a port's application."""
        asked = {
            "start": self._start,
            "types": self._types,
            "types/{name}": self._type,
            "mapping/{folder}/{file}": self._mapping,
            "recent": self._recent,
        }
        sent = {"run": self._run, "lint": self._lint}
        return [
            Route(AT, self._page(), methods=["GET"]),
            *(Route(f"{AT}/api/{path}", self._api(each), methods=["GET"]) for path, each in asked.items()),
            *(
                Route(f"{AT}/api/{path}", self._api(each, changing=True), methods=["POST"])
                for path, each in sent.items()
            ),
            Route(f"{AT}/{{name}}", self._page(), methods=["GET"]),
        ]

    # the page

    def _page(self) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            name = request.path_params.get("name", page.INDEX)
            try:
                self.visitors.check(request.headers, changing=False)
            except Refusal as refusal:
                return _refused(refusal)
            if name not in page.names():
                return _json({"problem": "There is no such file."}, 404)
            return Response(page.text(name), headers={"content-type": page.kind(name), **page.HEADERS})

        return answer

    # the API

    def _api(self, answer: Answer, *, changing: bool = False) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            try:
                self.visitors.check(request.headers, changing=changing)
                return _json(await answer(request))
            except Refusal as refusal:
                return _refused(refusal)
            except BadRequest as error:
                return _json({"problem": error.detail}, error.status)
            except Exception as crash:
                fault = crashed(crash, "console", self.context().events)
                return _json({"problem": fault.detail}, fault.status)

        return answered

    async def _start(self, _: Request) -> Any:
        """What the page has to know first."""
        return {
            "version": version("scim-nevisidm-gateway"),
            "sandbox": self.trying.sandbox,
            "values": self.trying.disclosure == "values",
            "examples": [asdict(each) for each in (*searches(), *documents())],
            "files": [{"file": name, "editable": self._editable(name)} for name in self.texts.files()],
        }

    def _editable(self, name: str) -> bool:
        return self.trying.sandbox and self.texts.is_editable(name)

    async def _types(self, _: Request) -> Any:
        return {"types": types_facts(self.context().mappings)}

    async def _type(self, request: Request) -> Any:
        context = self.context()
        mapping = context.mappings.by_name.get(request.path_params["name"])
        if mapping is None:
            raise Refusal(404, "There is no such resource type.")
        return await asyncio.to_thread(type_facts, mapping, context.capabilities)

    async def _mapping(self, request: Request) -> Any:
        name = f"{request.path_params['folder']}/{request.path_params['file']}"
        file = self.texts.files().get(name)
        if file is None:
            raise Refusal(404, "There is no such mapping file.")
        text = await asyncio.to_thread(file.read_text, encoding="utf-8")
        return {"file": name, "text": text, "editable": self._editable(name)}

    async def _recent(self, request: Request) -> Any:
        after = request.query_params.get("after", "0")
        return self.recent.since(int(after[:15]) if after.isascii() and after.isdigit() else 0)

    async def _run(self, request: Request) -> Any:
        said = await self._said(request)
        headers = {str(name).lower(): str(value) for name, value in dict(said.get("headers") or {}).items()}
        typed = Typed(str(said.get("method", "GET")), str(said.get("address", "")), headers, _text(said.get("body")))
        return await self.trying.run(typed, _edits(said), self.context())

    async def _lint(self, request: Request) -> Any:
        edits = _edits(await self._said(request))
        if not edits or not self.trying.sandbox:
            raise Refusal(403, "Mappings are edited over a sandbox only.")
        try:
            edited = await self.texts.tried(edits)
        except ConfigError as error:
            raise Refusal(404, error.findings[0]) from None
        return {"findings": [finding_facts(each) for each in edited.findings]}

    async def _said(self, request: Request) -> dict[str, Any]:
        """The body, a JSON object. Raises Refusal, and BadRequest for what is too large or too slow."""
        body = await read_body(request.receive, dict(request.headers), LONGEST + self.trying.settings.limits.body_bytes)
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError:
            said = None
        if not isinstance(said, dict):
            raise Refusal(400, "Send a JSON object.")
        return said


def _edits(said: dict[str, Any]) -> Edits:
    """The edited mappings that a body brings. Raises Refusal for one that is none."""
    listed = said.get("mappings", [])
    edits = [_edit(each) for each in listed] if isinstance(listed, list) else [None]
    found = tuple(each for each in edits if each is not None)
    if len(found) != len(edits) or sum(len(each.text.encode()) for each in found) > LONGEST:
        raise Refusal(400, f"Edited mappings are a list of file and text, {LONGEST} bytes in all at most.")
    return found


def _edit(said: Any) -> Edit | None:
    file, text = (said.get("file"), said.get("text")) if isinstance(said, dict) else (None, None)
    return Edit(file, text) if isinstance(file, str) and isinstance(text, str) else None


def _text(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else b""


def _json(body: Any, status: int = 200, more: dict[str, str] | None = None) -> Response:
    headers = {"content-type": "application/json", **page.HEADERS, **(more or {})}
    return Response(orjson.dumps(body, default=str), status, headers=headers)


def _refused(refusal: Refusal) -> Response:
    challenge = {"www-authenticate": 'Basic realm="console", charset="UTF-8"'} if refusal.status == 401 else {}
    return _json({"problem": refusal.why}, refusal.status, challenge)
