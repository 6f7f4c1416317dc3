"""The pictures of the docs: each is there, small, and shown on the console's page of the docs; `make screenshots` makes no other."""

from __future__ import annotations

from tests.console.pictures import PICTURES, SHOTS

LARGEST = 150_000


def test_every_picture_is_there_and_small() -> None:
    named = {f"{name}.png" for name, *_ in SHOTS}
    assert named <= {each.name for each in PICTURES.glob("*.png")}
    assert all((PICTURES / name).stat().st_size < LARGEST for name in named)


def test_the_docs_show_no_picture_that_is_not_there() -> None:
    page = (PICTURES.parent / "console.md").read_text(encoding="utf-8")
    shown = {part.partition('"')[0].partition(")")[0] for part in page.split("pictures/")[1:]}
    assert {each.rstrip('"') for each in shown} <= {each.name for each in PICTURES.glob("*.png")}
    assert "console-light.png" in shown
