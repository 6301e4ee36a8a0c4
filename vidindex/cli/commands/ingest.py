"""`vidindex ingest`: index folders of video, show how far it is, and what came of it."""

from collections.abc import Sequence
from datetime import datetime
from datetime import time as day_time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.main import EXIT_DONE, EXIT_SOME_FAILED
from vidindex.cli.options import (
    ClockTime,
    Duration,
    WallTime,
    backend_option,
    embedder_option,
    follow_links_option,
    frames_option,
    json_option,
    library_option,
    model_option,
    policy_option,
    speech_option,
)
from vidindex.cli.output.ingest import print_report, report_as_json
from vidindex.cli.output.progress import TerminalProgress
from vidindex.cli.output.tables import print_json
from vidindex.errors import InputError

if TYPE_CHECKING:
    from vidindex.core.sampling.planner import Policy
    from vidindex.settings import Backend, Embedding, SpeechOptions


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--first", multiple=True, help="Take files that match this GLOB before all others.")
@click.option("--until", type=ClockTime(), help="Stop at this hour of the day; go on next time.")
@click.option("--budget", type=Duration(), help="Stop after this much work, e.g. 45m or 2h.")
@click.option("--retry-failed", is_flag=True, help="Try files again that failed and are unchanged.")
@click.option("--again", is_flag=True, help="Take in videos that were removed or pruned before.")
@click.option(
    "--re-embed",
    is_flag=True,
    help="Change all vectors to this text model; the old ones serve until that is done.",
)
@click.option("--full-hash", is_flag=True, help="Recognise files by all their bytes, not samples.")
@follow_links_option
@click.option("--no-ocr", is_flag=True, help="Do not read on-screen text.")
@click.option(
    "--text-model",
    metavar="PATH",
    help="Recognise on-screen text by this PP-OCR model (.onnx), e.g. for Korean, in this library "
    "from now on; what another model read is read again. bundled: Latin, Chinese, Japanese.",
)
@speech_option
@frames_option
@click.option(
    "--frame-rate",
    type=click.FloatRange(0.01, 30.0),
    default=1.0,
    show_default=True,
    metavar="FPS",
    help="Frames to embed per second, beside the first of every shot; a frame that shows what the "
    "one before shows is not embedded again.",
)
@policy_option
@click.option("--caption-language", help="Language of the captions, e.g. German.")
@click.option(
    "--recorded-at",
    type=WallTime(),
    help="When the one file that is named begins, e.g. '2024-03-01 14:00'; believed before its "
    "name and its container, and before what is said of its camera.",
)
@click.option(
    "--zone",
    help="Time zone, e.g. Europe/Berlin, of file names and of --recorded-at where they say none "
    "and the camera has none (vidindex cameras); this machine's by default.",
)
@click.option(
    "--log-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Add a line of JSON to this file for each event: file, stage, chunk asked, reply with "
    "tokens and latency, failure.",
)
@click.option(
    "--within",
    type=click.Path(path_type=Path),
    help="Refuse PATHS that are not below this folder, links considered.",
)
@library_option
@model_option
@embedder_option
@backend_option
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@json_option
def command(
    paths: tuple[Path, ...],
    library: Path,
    model: str,
    embedder: "Embedding",
    backend: "Backend",
    first: tuple[str, ...],
    until: day_time | None,
    budget: float | None,
    retry_failed: bool,
    re_embed: bool,
    again: bool,
    full_hash: bool,
    follow_links: bool,
    no_ocr: bool,
    text_model: str | None,
    speech: str | None,
    speech_options: "SpeechOptions",
    frames: str,
    frame_rate: float,
    policy: "Policy",
    caption_language: str | None,
    recorded_at: datetime | None,
    zone: str | None,
    log_file: Path | None,
    within: Path | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Index folders of video: find the files, read what is in them, make it searchable.

    Run it again at any time: unchanged files cost nothing, moved files keep their index,
    interrupted work continues where it stopped. The files themselves are never written to.
    """
    from vidindex.app import Settings, open_library
    from vidindex.core.timing.wall_clock import zone_named
    from vidindex.core.timing.wall_window import instant

    names_zone = zone_named(zone) if zone else None
    settings = Settings(
        model=model,
        embedder=embedder,
        backend=backend,
        full_hash=full_hash,
        ocr=not no_ocr,
        text_model=text_model,
        speech=speech,
        speech_options=speech_options,
        frames=frames,
        frame_rate=frame_rate,
        policy=policy,
        caption_language=caption_language,
        recorded_at=instant(recorded_at, names_zone) if recorded_at else None,
        zone=zone,
        follow_links=follow_links,
    )
    if within:
        _require_below(paths, within)
    with open_library(library, settings) as app:
        report = app.ingest(
            *paths,
            first=first,
            retry_failed=retry_failed,
            re_embed=re_embed,
            again=again,
            until=until,
            budget_s=budget,
            log_file=log_file,
            progress=TerminalProgress(quiet=quiet or as_json),
        )
    if as_json:
        print_json(report_as_json(report))
    else:
        print_report(report)
    return EXIT_SOME_FAILED if report.failures else EXIT_DONE


def _require_below(paths: Sequence[Path], folder: Path) -> None:
    """For a server that let somebody name these paths: a link may have come in between."""
    for path in paths:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{path} is not below {folder}", "name a folder below it")
