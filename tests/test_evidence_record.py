"""What an evidence package records of each hit: verdict, clocks, proxies, hostile text."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support import answer_assets as assets
from support.evidence_assets import (
    NOON,
    PLAIN,
    gate_and_yard,
    indexed_copy,
    manifest,
    pack,
    sha256,
    verified_package,
)
from support.page_assets import HOSTILE, Page

from pipelines.evidence.hit_record import HitRecorder
from pipelines.evidence.verify import check_package
from pipelines.progress import Quiet
from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.app import App, open_library
from vidindex.core.formatting.escaping import escape
from vidindex.core.formatting.time_format import format_time
from vidindex.core.replies.reasoning import REASONING_YES_NO
from vidindex.core.retrieval.calibration import Calibration, Curve
from vidindex.types import Camera, Evidence, Query, SavedHit, Span, Verdict

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gate_and_yard(tmp_path_factory.mktemp("footage"))


@pytest.fixture
def place(footage: Path, tmp_path: Path) -> Path:
    return indexed_copy(footage, tmp_path / "place")


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return verified_package(tmp_path_factory)


def test_the_manifest_holds_the_verdict_with_all_that_it_rests_on(searched: Path) -> None:
    hit, by_hand = manifest(searched)["hits"]
    assert (hit["query"], hit["rank"], hit["file"]) == (assets.ASKED, 1, "originals/shapes-1.mp4")
    true = assets.blue_circle()
    assert hit["media_time"]["start_s"] == pytest.approx(true.start_s, abs=0.6)
    assert hit["media_time"]["start"] == format_time(hit["media_time"]["start_s"], 3)
    verdict, evidence = hit["verdict"], hit["verdict"]["evidence"]
    assert verdict["answer"] == "verified"
    assert verdict["score"] > verdict["standard"]["verified_at"]
    assert evidence["prompt"].startswith("Does the video show the following: 'a blue circle")
    assert evidence["model"].startswith("bundled@sha256:")
    assert evidence["reply"].startswith(f"P(yes) {verdict['score']:.4f}")
    assert json.loads(evidence["grounding"])
    assert len(evidence["frame_times_s"]) >= 4
    assert hit["channel"] == "caption"
    assert by_hand["verdict"]["answer"] == "unchecked"
    assert by_hand["verdict"]["evidence"] is None
    assert (by_hand["rank"], by_hand["media_time"]["end_s"]) == (0, 9.0)


def test_the_sheet_says_the_same_to_people(searched: Path) -> None:
    html = (searched / "sheet.html").read_text("utf-8")
    page = Page(html)
    hit = manifest(searched)["hits"][0]
    for said in (
        "2 hits, 2 originals",
        "✓ Verified shapes-1.mp4",
        f"“{assets.ASKED}”, hit 1 of the answer",
        hit["verdict"]["evidence"]["prompt"],
        hit["verdict"]["evidence"]["model"],
        "· Not checked slate.mp4 00:00:07.00 – 00:00:09.00",
        "none: not checked",
        "a rule of thumb, never measured",
        sha256(searched / "originals" / "slate.mp4"),
    ):
        assert said in page.text
    assert len(page.pictures) == 2 + len(hit["verdict"]["evidence"]["frame_times_s"])
    assert not {"script", "link", "iframe"} & set(page.tags)


def dated(app: App, name: str, **fields: Any) -> None:
    (video_id,) = app.library.videos.find([name])
    info = app.library.videos.get(video_id)
    assert info
    app.library.videos.put(replace(info, **fields))


def test_clocks_their_source_and_their_corrections_are_told_and_gaps_around(place: Path) -> None:
    with open_library(place / "library", PLAIN) as app:
        drift_from = NOON - timedelta(days=1)
        app.library.cameras.put(Camera("cam7", None, "Europe/Berlin", -90.0, 2e-5, drift_from))
        later = NOON + timedelta(minutes=10)
        about = {"camera": "cam7", "recorded_at_from": "file name"}
        dated(app, "gate/a.mp4", recorded_at=NOON, timecode_start="01:00:00:00", **about)
        dated(app, "yard/a.mp4", recorded_at=later, **about)
    pack(place, "gate/a.mp4@0:01-0:02")
    (hit,) = manifest(place / "package")["hits"]
    assert hit["source_timecode"] == {
        "start": "01:00:01:00", "end": "01:00:02:00", "of_first_frame": "01:00:00:00",
    }  # fmt: skip
    clock = hit["wall_clock"]
    assert clock["start"] == "2024-03-01T12:58:32.728+01:00"
    assert clock["of_first_frame"] == "2024-03-01T12:00:00+00:00"
    assert clock["corrected"] is True
    assert {key: clock[key] for key in ("from", "camera", "zone", "offset_s", "drift")} == {
        "from": "file name", "camera": "cam7", "zone": "Europe/Berlin",
        "offset_s": -90.0, "drift": 2e-5,
    }  # fmt: skip
    between = [gap for gap in hit["gaps"] if gap["since"] > clock["end"]]
    assert [(gap["camera"], gap["since"][:19]) for gap in between] == [
        ("cam7", "2024-03-01T12:58:34"),
        ("cam7", "2024-03-01T13:08:34"),
    ]
    text = Page((place / "package" / "sheet.html").read_text("utf-8")).text
    assert "01:00:01:00 – 01:00:02:00" in text
    assert "by the file name; the clock of cam7 corrected by -90.000 s and +1.728 s a day" in text
    assert "Recorded 2024-03-01 12:58:32.728+01:00 – 12:58:33.728+01:00" in text
    assert "2024-03-01 12:58:34+01:00 – 13:08:31+01:00" in text


def test_what_the_user_said_of_the_time_is_not_corrected(place: Path) -> None:
    with open_library(place / "library", PLAIN) as app:
        app.library.cameras.put(Camera("cam7", offset_s=-90.0))
        dated(app, "gate/a.mp4", recorded_at=NOON, recorded_at_from="user", camera="cam7")
    pack(place, "gate/a.mp4@0:01-0:02")
    clock = manifest(place / "package")["hits"][0]["wall_clock"]
    assert (clock["start"], clock["corrected"]) == ("2024-03-01T12:00:01.000+00:00", False)


def test_the_original_of_a_proxy_is_packed_with_it(place: Path) -> None:
    with open_library(place / "library", PLAIN) as app:
        gate, yard = app.library.videos.find(["gate/a.mp4", "yard/a.mp4"])
        full = app.library.recordings.put([yard])
        app.library.recordings.put([gate], proxy_of=full)
    made = pack(place, "gate/a.mp4@0-1")
    assert [one.name for one in made.package.originals] == ["gate/a.mp4", "yard/a.mp4"]
    (hit,) = manifest(place / "package")["hits"]
    assert hit["proxy_of"] == yard
    text = Page((place / "package" / "sheet.html").read_text("utf-8")).text
    assert "the original of this proxy: originals/yard/a.mp4" in text
    assert check_package(place / "package", Quiet()).sound


def test_a_probability_and_a_second_opinion_are_told_where_they_are_known(place: Path) -> None:
    with open_library(place / "library", PLAIN) as app:
        library = app.library
        (video_id,) = library.videos.find(["gate/a.mp4"])
        span, asked = Span(0.5, 2.0), "a gate opens"
        seen = Evidence((0.6, 1.1), "Is it so?", "model@1", "P(yes) 0.9", (56, 56), "[]")
        prompt = REASONING_YES_NO.format(query=asked)
        thought = Evidence((0.6,), prompt, "thinker@1", "It stays shut. \\boxed{No}")
        library.verdicts.put(
            "1", Verdict("verified", 0.9, span, seen, mass=1.0), query=asked, video_id=video_id
        )
        library.verdicts.put(
            "2", Verdict("rejected", 0.0, span, thought), query=asked, video_id=video_id
        )
        other = Verdict("verified", 0.9, Span(2.0, 3.0), seen, mass=1.0)
        library.verdicts.put("3", other, query=asked, video_id=video_id)
        hit = SavedHit(Query(asked), 1, video_id, span, "a gate", "unsure", 0.9)
        recorder = HitRecorder(library, PyAVDecoder())
        verdict = recorder.record(hit).pictured.moment.verdict
        assert (verdict.answer, verdict.evidence, verdict.probability) == ("unsure", seen, None)
        assert verdict.second
        assert (verdict.second.answer, verdict.second.model) == ("rejected", "thinker@1")
        judge = f"model@1, {recorder.profile.name}, 64 frames, 8192 tokens"
        curve = Curve("platt", ((1.0, 0.0),))
        absent = {"standard": tuple(i / 100 for i in range(40))}
        library.calibrations.put(Calibration(judge, curve, absent, 0.05, {}, 9, "given"))
        judged = recorder.record(hit)
        assert judged.pictured.moment.verdict.probability == pytest.approx(0.9)
        assert judged.standard
        assert judged.standard.max_false_alarms == 0.05
        notes = recorder.record(replace(hit, score=0.1)).pictured.notes
        assert notes == (
            "the event that it was found by has gone from the library",
            "the verdict that it was shown with is not in the library",
        )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_and_captions_are_harmless(place: Path, text: str) -> None:
    name = f"{text.replace('/', '').replace(chr(0), '')}.mp4"
    with open_library(place / "library", PLAIN) as app:
        (place / "footage" / "gate" / "a.mp4").rename(place / "footage" / "gate" / name)
        app.ingest(place / "footage")
        (video_id,) = app.library.videos.find([f"gate/{name}"])
        hit = SavedHit(Query(text), 1, video_id, Span(0.0, 1.0), text, "unchecked", None)
        from vidindex.composition import build_package

        make = build_package(app.library, PLAIN, Quiet())
        make.make([hit], place / "package", NOON, "0.1.0")
    raw = (place / "package" / "manifest.json").read_bytes()
    assert raw.isascii()
    told = manifest(place / "package")
    assert (told["hits"][0]["query"], told["hits"][0]["text"]) == (text, text)
    assert told["originals"][0]["source_path"].endswith(f"gate/{name}")
    html = (place / "package" / "sheet.html").read_text("utf-8")
    assert not {"script", "b", "iframe"} & set(Page(html).tags)
    assert not [name for name, _ in Page(html).attributes if name.startswith("on")]
    assert "".join(Page(html).texts).count(escape(text)) >= 2
    paths = [line[66:] for line in (place / "package" / "SHA256SUMS").read_text().splitlines()]
    assert all(path == escape(path) and "\\" not in path for path in paths)
    assert check_package(place / "package", Quiet()).sound
