"""The way of one call: authenticate, route, check rights, run the handler in a transaction, answer JSON, note it in the journal.

Refusals come in nevisIDM's order: 401 before anything else, an unknown path 404 with HTML (gap 57), then media type and JSON, then rights.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from . import problem
from .account import Account
from .box import Sandbox
from .endpoint import Answer, Call, Endpoint
from .own_login import own_account
from .problem import Problem
from .router import Router
from .table import PROFILES

JSON = "application/json;charset=UTF-8"
_HTML = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


async def serve(box: Sandbox, router: Router, request: Request) -> Response:
    """The answer to any request."""
    account = _account(box, request)
    if account is None:
        return _unauthorized(box)
    raw_path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").partition("?")[0]
    found = router.find(box, request.method, raw_path)
    if found is None:
        return Response(_HTML.format("404 Not Found"), 404, media_type="text/html")
    content = await request.body()
    endpoint, params = found
    body: Any = None
    try:
        body = _json(request, content)
        answer = _run(_call(box, account, endpoint, params, request, body))
    except Problem as refusal:
        answer = Answer(refusal.status, refusal.body())
    box.journal.note(request.method, request.url.path, request.url.query, body, answer.status)
    return _response(answer)


def _account(box: Sandbox, request: Request) -> Account | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    return box.accounts.get(token.strip()) or own_account(box, token.strip())


def _unauthorized(box: Sandbox) -> Response:
    headers = {"WWW-Authenticate": 'Bearer realm="nevisidm"'}
    if box.switches.unauthorized_body == "empty":
        return Response(status_code=401, headers=headers)
    return Response(_HTML.format("401 Unauthorized"), 401, headers, media_type="text/html")


def _json(request: Request, content: bytes) -> Any:
    if not content:
        return None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise problem.rule("unsupportedMediaType", "The media type must be application/json.", 415)
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise problem.rule("jsonProcessingError", "The request body is not valid JSON.", 400) from None


def _call(
    box: Sandbox, account: Account, endpoint: Endpoint, path: Mapping[str, str], request: Request, body: Any
) -> Call:
    root = f"{request.url.scheme}://{request.url.netloc}"
    query, headers = request.query_params.multi_items(), request.headers
    return Call(box, account, endpoint, path, query, headers, root, body, _acts_on_itself(box, account, endpoint, path))


def _acts_on_itself(box: Sandbox, account: Account, endpoint: Endpoint, path: Mapping[str, str]) -> bool:
    """Whether this is self-admin mode: the role, an endpoint that allows it, and the caller's own user in the path."""
    if not (account.self_admin and endpoint.self_admin and path.get("clientExtId") == account.client):
        return False
    if "profileExtId" in path:
        profile = box.store.find(PROFILES, account.client, path["profileExtId"])
        return profile is not None and profile.parent == account.user
    return path.get("userExtId", path.get("extId")) == account.user


def _run(call: Call) -> Answer:
    """The handler in one transaction; a Problem undoes it unless it says that what was written stays."""
    with call.box.store.transaction():
        call.require(*call.endpoint.rights)
        try:
            return call.endpoint.handler(call)
        except Problem as refusal:
            if not refusal.commit:
                raise
            return Answer(refusal.status, refusal.body())


def _response(answer: Answer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status, headers=dict(answer.headers))
    return Response(orjson.dumps(answer.body), answer.status, dict(answer.headers), media_type=JSON)
