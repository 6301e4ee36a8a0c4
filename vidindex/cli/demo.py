"""Run the demo: make films, ingest, print the timeline, search, export, score.

A face like the command line: it uses `app` as anyone would, and prints.
"""

from dataclasses import dataclass
from pathlib import Path

from vidindex.app import App, Settings, open_library
from vidindex.bench.event_score import pooled, score
from vidindex.bench.films import Film, shape_films, write_film, write_slate
from vidindex.bench.speech.film import write_spoken
from vidindex.cli.commands.ask import print_answer
from vidindex.cli.output.echo import echo
from vidindex.cli.output.ingest import print_report
from vidindex.cli.output.progress import TerminalProgress
from vidindex.core.formatting.terminal import coverage_line, hit_line
from vidindex.core.formatting.time_format import format_time
from vidindex.errors import MissingPackage, ModelNotFound
from vidindex.types import Filters, Query, SearchResult

SEED = 11
EXPORTS = ("timeline.json", "timeline.csv", "timeline.fcpxml", "timeline.html", "subtitles")
FOUND, ABSENT = "when does a blue circle move left?", "a purple triangle blinks"
SEEN = "a blue circle"
SPOKEN = [
    (1.0, "The delivery truck is waiting at the north gate."),
    (6.0, "Please close the window before you leave the office tonight."),
]
HEARD = "close the window"


@dataclass(frozen=True, slots=True)
class Size:
    """How large the demo is."""

    num_films: int
    film_s: float
    slate_s: int


FULL, QUICK = Size(3, 60.0, 45), Size(1, 30.0, 12)


def run(folder: Path, size: Size, *, quiet: bool) -> None:
    """The whole demo below `folder`, in about the order in which a user would work."""
    footage, library = folder / "footage", folder / "library"
    footage.mkdir(parents=True, exist_ok=True)
    _say(f"1. make {size.num_films + 1} films in {footage}")
    films = shape_films(size.num_films, size.film_s, SEED)
    for number, film in enumerate(films, start=1):
        write_film(film, footage, [(0.5, 3.0, f"This is reel {number} of the collection.")])
    write_slate(footage, size.slate_s)

    _say("2. vidindex ingest footage --model bundled")
    with open_library(library, Settings(model="bundled")) as app:
        print_report(app.ingest(footage, progress=TerminalProgress(quiet=quiet)))
        _say("3. the timeline")
        _print_timeline(app, films[0].name)
        _search_all(app)
        _ask(app)
        _export_all(app, folder)
        _score(app, films)
    _search_frames(footage, folder / "frames-library", films[0], quiet=quiet)
    hear(folder, quiet=quiet)
    echo()
    echo(f"All of it is in {folder}; try: vidindex search --library {library} ...")


def _search_all(app: App) -> None:
    for number, (what, words) in enumerate(
        (
            ("found", FOUND),
            ("ambiguous: there are several", "a triangle"),
            ("absent: nothing purple is ever shown", ABSENT),
            ("read off the screen: a clock", "00:07"),
            ("in the subtitles", "who leaves the harbour"),
        ),
        start=4,
    ):
        _say(f"{number}. vidindex search {words!r}   ({what})")
        _print_result(app.search(words))


def _ask(app: App) -> None:
    for number, question in (
        (9, "did a blue circle move left?"),
        (10, "did anything purple move?"),
    ):
        _say(f"{number}. vidindex ask {question!r}")
        print_answer(app.ask(question))


def _export_all(app: App, folder: Path) -> None:
    _say("11. vidindex search --report, vidindex export")
    for name, words in (("found.html", FOUND), ("not-seen.html", ABSENT)):
        echo(f"wrote {app.report(app.search(words), folder / name)}")
    (folder / "subtitles").mkdir(exist_ok=True)
    for name in EXPORTS:
        format_name = "srt" if name == "subtitles" else None
        for path in app.export(folder / name, format_name=format_name):
            echo(f"wrote {path}")


def _score(app: App, films: list[Film]) -> None:
    """What the films show is known, so the index can be scored."""
    _say("12. against the known truth")
    scores = []
    for film in films:
        (video_id,) = app.find([film.name])
        scores.append(score(film.scene.events, app.library.events.of_video(video_id, ["caption"])))
    total = pooled(scores)
    echo(
        f"{total.num_true} events: mean temporal IoU {total.mean_iou:.2f}, "
        f"captions right {total.right:.0%}"
    )
    echo(
        "These figures are of the bundled model on its own kind of scene. They prove that the "
        "machinery is right, and say nothing of accuracy on footage."
    )


def _search_frames(footage: Path, library: Path, film: Film, *, quiet: bool) -> None:
    """Search a library without captions by the vectors of its frames; no vision model is used."""
    _say("13. vidindex ingest footage --frames bundled --model none   (a second library)")
    settings = Settings(model="none", ocr=False, frames="bundled")
    with open_library(library, settings) as app:
        print_report(app.ingest(footage, progress=TerminalProgress(quiet=quiet)))
        _say(f"14. vidindex search --channel frame {SEEN!r}   (by frames alone)")
        _print_result(app.search(Query(SEEN, Filters(channels=("frame",)), limit=3)))
        (shown,) = [e for e in film.scene.events if e.combination == ("blue", "circle", "left")]
        like = f"{film.name}@{format_time(shown.start_s + 1)}"
        _say(f"15. vidindex search --like {like}   (by example)")
        _print_result(app.search(Query("", limit=3), like=[app.example(like)]))


def hear(folder: Path, *, quiet: bool) -> None:
    """Transcribe a synthesizer's voice and find what it says, where both are on this machine."""
    _say("16. vidindex ingest spoken --speech auto   (a third library)")
    spoken = folder / "spoken"
    spoken.mkdir(exist_ok=True)
    settings = Settings(model="none", ocr=False, frames="none", speech="auto")
    try:
        write_spoken(spoken / "spoken.mp4", SPOKEN)
        with open_library(folder / "speech-library", settings) as app:
            print_report(app.ingest(spoken, progress=TerminalProgress(quiet=quiet)))
            _say("17. vidindex transcript spoken.mp4")
            (video_id,) = app.find(["spoken.mp4"])
            for line in app.transcript_text(video_id).splitlines():
                echo(line)
            _say(f"18. vidindex search {HEARD!r}   (something said)")
            _print_result(app.search(HEARD))
    except (MissingPackage, ModelNotFound) as error:
        echo(f"no speech is heard here: {error}")


def _print_timeline(app: App, name: str) -> None:
    (video_id,) = app.find([name])
    for event in app.library.events.of_video(video_id):
        span = f"{format_time(event.span.start_s)} – {format_time(event.span.end_s)}"
        echo(f"{name}  {span}  {event.channel:<8}  {event.text}")


def _print_result(result: SearchResult) -> None:
    for rank, moment in enumerate(result.moments, start=1):
        echo(hit_line(rank, moment))
    if not result.moments:
        echo(f"{result.conclusion.kind}: {result.conclusion.sentence}")
    echo(coverage_line(result.coverage))


def _say(line: str) -> None:
    echo()
    echo(f"{line}")
