"""`--backend`, `--endpoint` and `--times-as-text` reach every command as one value."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from vidindex.cli.main import COMMANDS, group, run_command
from vidindex.cli.options import backend_option
from vidindex.settings import Backend

HERE, THERE = "http://127.0.0.1:8000/v1", "http://gpu:8000/v1"


@click.command()
@backend_option
@click.option("--other", default="")
def shown(backend: Backend, other: str) -> None:
    """Prints what it was given."""
    click.echo(f"{backend!r}{other}")


@pytest.mark.parametrize(
    ("words", "environment", "meant"),
    [
        ([], {}, Backend()),
        (["--backend", "vllm"], {}, Backend("vllm")),
        (["--endpoint", HERE, "--endpoint", THERE], {}, Backend(endpoints=(HERE, THERE))),
        ([], {"VIDINDEX_ENDPOINT": f"{HERE} {THERE}"}, Backend(endpoints=(HERE, THERE))),
        (["--endpoint", HERE], {"VIDINDEX_ENDPOINT": THERE}, Backend(endpoints=(HERE,))),
        (["--times-as-text"], {"VIDINDEX_BACKEND": "vllm"}, Backend("vllm", (), True)),
    ],
)
def test_what_runs_the_model_is_one_value(
    words: list[str], environment: dict[str, str], meant: Backend
) -> None:
    result = CliRunner().invoke(shown, [*words, "--other", "!"], env=environment)
    assert result.output == f"{meant!r}!\n"


@pytest.mark.parametrize(
    "backend",
    [Backend(), Backend("vllm"), Backend(endpoints=(HERE, THERE)), Backend(times_as_text=True)],
)
def test_it_is_written_as_the_options_that_give_it(backend: Backend) -> None:
    assert CliRunner().invoke(shown, list(backend.options)).output == f"{backend!r}\n"


def test_every_command_that_takes_a_model_takes_endpoints() -> None:
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        options = {option for one in command.params for option in one.opts}
        if "--backend" in options:
            assert {"--endpoint", "--times-as-text"} <= options, name


def test_an_address_that_is_none_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["ingest", str(tmp_path), "--library", str(tmp_path / "library"), "-q"]
    assert run_command([*words, "--endpoint", "gpu:8000"]) == 2
    assert "'gpu:8000' is not the address of an endpoint" in capsys.readouterr().err
