"""The documentation is true: every command has help and stands in the README."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from vidindex.cli.main import COMMANDS, group

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def commands() -> dict[str, click.Command]:
    context = click.Context(group)
    return {name: command for name in COMMANDS if (command := group.get_command(context, name))}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_says_what_it_does(name: str) -> None:
    command = commands()[name]
    assert command.help
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert not [option.name for option in options if not option.help]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_stands_in_the_readme(name: str) -> None:
    assert f"vidindex {name}" in README


def test_help_loads_nothing_heavy() -> None:
    heavy = {"torch", "transformers", "av", "faiss", "numpy", "sentence_transformers", "cv2"}
    code = (
        "import sys; from vidindex.cli.main import group;"
        "group.main(['--help'], standalone_mode=False);"
        "print(sorted(sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.replace("'", "").strip("[]\n").split(", "))
    assert not heavy & loaded
