"""Print the checkpoints that are here, and the official ones of every family."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_table

if TYPE_CHECKING:
    from vidindex.adapters.embed_frames import DualEncoderFiles
    from vidindex.adapters.vision.checkpoints.auto_choice import Choice
    from vidindex.adapters.vision.checkpoints.catalog import Checkpoint
    from vidindex.adapters.vision.checkpoints.official import Official
    from vidindex.ports import FrameEmbedder

NOT_TRIED = "not tried here"


@dataclass(frozen=True, slots=True)
class Listed:
    """One official checkpoint, and what is known of it on this machine (`here`).

    gigabytes: about, in bfloat16. published: its figure on the benchmark that compares families.
    """

    family: str
    name: str
    licence: str
    gigabytes: float
    published: str
    here: str


def listed(official: "Sequence[Official]", models: "Sequence[Checkpoint]") -> list[Listed]:
    """Every official checkpoint, best first, with what is known of it on this machine."""
    from vidindex.adapters.vision.checkpoints.auto_choice import verdict
    from vidindex.adapters.vision.checkpoints.official import BENCHMARK

    here = {model.name: model for model in models}
    return [
        Listed(
            one.family,
            one.name,
            one.licence,
            one.gigabytes,
            f"{one.published:g} {BENCHMARK}" if one.published else "none found",
            verdict(here[one.name]) or "not checked" if one.name in here else NOT_TRIED,
        )
        for one in official
    ]


def print_models(
    models: "Sequence[Checkpoint]", families: Sequence[Listed], choice: "Choice"
) -> None:
    """Two tables, then what "auto" takes and why."""
    rows = [
        [
            model.name,
            model.family,
            f"{model.memory_bytes / 1e9:.1f} GB",
            model.licence,
            model.problem or ("fits" if model.fits else "too large for this machine"),
        ]
        for model in models
    ]
    print_table(["model", "family", "memory", "licence", "here"], rows)
    echo("")
    print_table(
        ["family", "official checkpoint", "about", "licence", "published", "here"],
        [
            [
                one.family,
                one.name,
                f"{one.gigabytes:.0f} GB",
                one.licence,
                one.published,
                one.here,
            ]
            for one in families
        ],
    )
    echo("TimeLens (by path or name): academic use only, not within the EU; never taken by auto")
    for reason in choice.passed_over:
        echo(f"passed over {reason}")
    chosen = choice.checkpoint
    echo(f"--model auto takes: {f'{chosen.name} ({choice.why})' if chosen else 'none of them'}")


@dataclass(frozen=True, slots=True)
class PictureModel:
    """A dual encoder on this machine. gigabytes: of its files. problem: "" where it is usable."""

    name: str
    family: str
    licence: str
    gigabytes: float
    problem: str


def picture_model(files: "DualEncoderFiles") -> PictureModel:
    """What is known of a dual encoder from its files."""
    gigabytes = files.stored_bytes / 1e9
    return PictureModel(files.name, files.family, files.licence, gigabytes, files.problem)


def print_picture_models(models: Sequence[PictureModel], auto: "FrameEmbedder | None") -> None:
    """Dual encoders that are here, then what `--frames auto` takes, or how to fetch one."""
    from vidindex.adapters.embed_frames.checkpoint import DOWNLOAD_BYTES, ON_CPU, remedy

    echo("")
    rows = [
        [one.name, one.family, f"{one.gigabytes:.2f} GB", one.licence, one.problem or "usable"]
        for one in models
    ]
    if rows:
        print_table(["picture model", "family", "files", "licence", "here"], rows)
    size = f"{DOWNLOAD_BYTES[ON_CPU] / 1e9:.1f} GB"
    taken = auto.space.model if auto else f"none of them ({size}; {remedy(ON_CPU)})"
    echo(f"--frames auto takes: {taken}")
