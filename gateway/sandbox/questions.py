"""Security questions: a few of a user's, each with an answer that is hashed and never shown."""

from collections.abc import Mapping
from typing import Any

from . import problem
from .box import Sandbox
from .credential_types import SECURITY_QUESTIONS
from .document import Document, mismatch, text
from .endpoint import Call, Endpoint
from .family import Family, endpoints_of
from .policy import number, parameters
from .secret import hash_secret
from .store import Row

_PARTS = ("questionExtId", "question", "answer")
_text = text()


def _questions(name: str, value: Any) -> list[dict[str, str]]:
    """A field kind: a list of questions, each a text or the extId of one, with an answer."""
    if not isinstance(value, list):
        raise mismatch(name, "an array")
    return [_question(f"{name}[{place}]", one) for place, one in enumerate(value)]


def _question(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not value.keys() <= set(_PARTS):
        raise mismatch(name, f"an object of {', '.join(_PARTS)}")
    return {part: _text(f"{name}.{part}", value[part]) for part in value}


def _not_too_many(call: Call, user: Row, doc: Document, before: Row | None) -> None:
    if before is not None:
        return
    rules = parameters(call.box.store, user.client, SECURITY_QUESTIONS.policy or "", doc.get("policyExtId"))
    asked = doc.get("questions", [])
    if 0 <= number(rules, "maxQuestions") < len(asked):
        raise problem.rule("securityQuestionsMaxReached", "The maximum number of security questions is reached.")
    for one in asked:
        if not one.get("answer") or not (one.get("question") or one.get("questionExtId")):
            raise problem.rule("nullParameter", "A security question needs a question and an answer.")


def _without_answers(_: Call, __: Row, doc: Document) -> tuple[Document, None]:
    asked = doc.get("questions", [])
    answers = [hash_secret(one["answer"]) for one in asked]
    kept = [{part: one[part] for part in one if part != "answer"} for one in asked]
    return {**doc, "questions": kept, "_answers": answers}, None


FAMILY = Family(
    *("securityQuestions", SECURITY_QUESTIONS, {}, {"questions": _questions}, ("questions",)),
    taken=("securityQuestionsExists", "The user already has a security questions credential."),
    check=_not_too_many,
    make=_without_answers,
    served=lambda box: box.switches.guessed_credentials,
)


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """Security questions of endpoints.yaml."""
    return endpoints_of(FAMILY)
