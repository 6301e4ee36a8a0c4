"""Two generated reels and their annotations in the formats of the data sets."""

import json
from collections import Counter
from pathlib import Path

from vidindex.app import Settings, open_library
from vidindex.bench.search.corpus import Reel, draw_corpus, write_reel
from vidindex.synthetic.clips import ClipEvent

SETTINGS = Settings(model="bundled", ocr=False)
REEL_S = 25.0


def two_reels() -> list[Reel]:
    return draw_corpus(seed=31, num_reels=2, reel_s=REEL_S)


def write_reels(reels: list[Reel], folder: Path) -> Path:
    for reel in reels:
        write_reel(reel, folder)
    return folder


def indexed(footage: Path, place: Path) -> Path:
    """Index all reels, once for the tests that do not ask how; returns the library."""
    with open_library(place, SETTINGS) as app:
        app.ingest(footage)
    return place


def stem(reel: Reel) -> str:
    return Path(reel.name).stem


def single(reel: Reel) -> list[ClipEvent]:
    """The events that nothing else in the reel looks like."""
    counts = Counter(event.caption for event in reel.scene.events)
    return [event for event in reel.scene.events if counts[event.caption] == 1]


def charades(reels: list[Reel], path: Path) -> Path:
    """As `charades_sta_test.txt`, with one video that is not there."""
    lines = [
        f"{stem(reel)} {event.start_s:.1f} {event.end_s:.1f}##{event.caption}."
        for reel in reels
        for event in single(reel)
    ]
    path.write_text("\n".join([*lines, "GONE1 1.0 4.0##a red circle blinks."]) + "\n")
    return path


def qvhighlights(reels: list[Reel], path: Path) -> Path:
    """As `highlight_val_release.jsonl`."""
    records = [
        {
            "qid": 100 + number,
            "query": event.caption,
            "vid": stem(reel),
            "duration": REEL_S,
            "relevant_windows": [[event.start_s, event.end_s]],
        }
        for number, (reel, event) in enumerate((r, e) for r in reels for e in single(r))
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def table(reels: list[Reel], path: Path) -> Path:
    """One's own table: what occurs in any file, and a colour that never does."""
    rows = [
        f"{event.caption},{reel.name},{event.start_s:.3f},{event.end_s:.3f}"
        for reel in reels
        for event in reel.scene.events
    ]
    path.write_text("\n".join(["query,file,start,end", *rows, "a purple star blinks,,,", ""]))
    return path
