"""The documentation is true: every command has help, and its page is what the commands say."""

import os
import re
import sys
from pathlib import Path

import click
import pytest
from support.processes import run_to_end

from vidindex.cli.main import COMMANDS, group

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> dict[str, click.Command]:
    context = click.Context(group)
    return {name: command for name in COMMANDS if (command := group.get_command(context, name))}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_says_what_it_does(name: str) -> None:
    command = commands()[name]
    assert command.help
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert not [option.name for option in options if not option.help]


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    made = run_to_end(
        [sys.executable, "-c", "import generate_cli; print(generate_cli.render(), end='')"],
        cwd=ROOT / "docs",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert made.stdout == page, "docs/cli.md is stale; run: make docs"


def test_the_readme_is_short() -> None:
    lines = README.splitlines()
    assert len(lines) <= 120
    assert max(map(len, lines)) <= 300


def test_links_between_pages_lead_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for target, anchor in _links(page):
            linked = (page.parent / target).resolve() if target else page
            assert linked.exists(), f"{page.name} links to {target}, which is not there"
            if anchor:
                assert anchor in _anchors(linked), f"{page.name} links to {target}#{anchor}"


def _links(page: Path) -> list[tuple[str, str]]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", text)
    return [(target, anchor) for target, anchor in found]


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_help_loads_nothing_heavy() -> None:
    heavy = {"torch", "transformers", "av", "faiss", "numpy", "sentence_transformers", "cv2"}
    code = (
        "import sys; from vidindex.cli.main import group;"
        "group.main(['--help'], standalone_mode=False);"
        "print(sorted(sys.modules.keys()), file=sys.stderr)"
    )
    done = run_to_end([sys.executable, "-c", code])
    loaded = set(done.stderr.replace("'", "").strip("[]\n").split(", "))
    assert not heavy & loaded
