"""Nothing is described twice: the pages that list errors and settings are made from their tables. `--accept` writes them anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from gateway.errors import CODES
from gateway.settings import lists, names
from gateway.settings.variables import MUST

ROOT = Path(__file__).parents[2]


def error_page() -> str:
    lines = [
        "# Errors by code",
        "",
        "Made from `gateway/errors.py`. The code stands in the `Proxy-Status` header of every error answer;",
        "the body is the SCIM Error of the dialect.",
        "A row of a mapping may give another status, scimType or messageId than the usual ones below.",
        "",
    ]
    for row in CODES.values():
        usual = f"Usually {row.status}" + (f", scimType `{row.scim_type}`" if row.scim_type else "")
        ident = f", messageId `{row.message_id}`" if row.message_id else ""
        lines += [f"## {row.code}", "", row.meaning, "", f"{usual}{ident}.", "", f"**Cure.** {row.cure}", ""]
    return "\n".join(lines)


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        "Made from `gateway/settings`. Every setting has the same name in the YAML file (`nevisidm: {url: …}`) and in the environment;",
        "the environment wins. A secret may stand in a file instead: its name with `_FILE`, or `…_file` in YAML.",
        "",
        "`scim-nevisidm show env` prints this table, `show config` what is in force and who said it. Lists are JSON in the environment.",
        "",
        "| environment | takes | default | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for each in names():
        shown = each.default if each.default == MUST else f"`{each.shown}`".replace("|", "\\|") if each.shown else ""
        lines.append(f"| `{each.name}` | {each.kind} | {shown} | {each.meaning} |")
    for key, many, form in lists():
        if not many:
            continue
        lines += ["", f"## `{key}[]`", "", (form.__doc__ or "").splitlines()[0], ""]
        lines += ["| key | default | meaning |", "| --- | --- | --- |", *section_rows(form)]
    return "\n".join(lines) + "\n"


def section_rows(form: type[BaseModel]) -> Iterator[str]:
    for key, info in form.model_fields.items():
        default = "must be there" if info.is_required() else "" if info.default in (None, ()) else f"`{info.default}`"
        yield f"| `{key}` | {default} | {info.description} |"


@pytest.mark.parametrize(("file", "page"), [("docs/errors.md", error_page), ("docs/settings.md", settings_page)])
def test_the_page_says_what_the_table_says(file: str, page: object, request: pytest.FixtureRequest) -> None:
    assert callable(page)
    made = page()
    path = ROOT / file
    if request.config.getoption("--accept"):
        path.write_text(made, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == made, "run: pytest tests/house --accept"
