"""Evidence packages: whole originals with all that is known of hits, and nothing that can hide."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support import answer_assets as assets
from support import film_assets as films
from support.page_assets import HOSTILE, Page
from support.processes import run_to_end

import pipelines.evidence.originals
from pipelines.evidence.file_copy import copy_whole
from pipelines.evidence.hit_record import HitRecorder
from pipelines.evidence.package import PackageResult
from pipelines.evidence.verify import check_package
from pipelines.progress import Quiet
from vidindex.adapters.decoders.pyav import PyAVDecoder
from vidindex.adapters.media.probe import probe
from vidindex.app import App, Settings, open_library
from vidindex.cli.main import run_command
from vidindex.core.formatting.escaping import escape
from vidindex.core.formatting.safe_filenames import safe_path
from vidindex.core.formatting.time_format import format_time
from vidindex.core.replies.reasoning import REASONING_YES_NO
from vidindex.core.retrieval.calibration import Calibration, Curve
from vidindex.errors import InputError, MediaError
from vidindex.types import Camera, Evidence, Query, SavedHit, Span, Verdict

# Its fixtures ingest films, which takes more than two seconds.
pytestmark = pytest.mark.slow

PLAIN = Settings(model="none", ocr=False)
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`gate/a.mp4` and `yard/a.mp4`."""
    made = tmp_path_factory.mktemp("footage")
    for number, folder in enumerate(("gate", "yard")):
        (made / folder).mkdir()
        films.titled(made / folder / "a.mp4", [(3.0, f"TITLE {number}")])
    return made


@pytest.fixture
def place(footage: Path, tmp_path: Path) -> Path:
    """A copy of it, to change, in `footage/`, and the `library/` of that."""
    shutil.copytree(footage, tmp_path / "place" / "footage")
    with open_library(tmp_path / "place" / "library", PLAIN) as app:
        app.ingest(tmp_path / "place" / "footage")
    return tmp_path / "place"


def pack(
    place: Path, *hits: str, folder: Path | None = None, progress: Any = None
) -> PackageResult:
    with open_library(place / "library", PLAIN, write=False) as app:
        return app.evidence(hits, folder or place / "package", progress=progress or Quiet())


def manifest(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "manifest.json").read_text("ascii"))
    return read


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of a hit that a model has verified, in a folder of its own."""
    folder = tmp_path_factory.mktemp("searched")
    with open_library(assets.copied(tmp_path_factory), assets.BUNDLED) as app:
        app.search(assets.ASKED)
        app.evidence(["1", "slate.mp4@00:07-00:09"], folder / "package")
    return folder / "package"


def test_originals_are_whole_bit_for_bit_and_keep_their_time(
    searched: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    footage = assets.footage(tmp_path_factory)
    told = {one["name"]: one for one in manifest(searched)["originals"]}
    for name in ("shapes-1.mp4", "slate.mp4"):
        source, copy = footage / name, searched / told[name]["file"]
        assert copy.read_bytes() == source.read_bytes()
        assert copy.stat().st_mtime_ns == source.stat().st_mtime_ns == told[name]["modified_ns"]
        assert told[name]["source_path"] == str(source)
        (file,) = [f for f in manifest(searched)["files"] if f["path"] == told[name]["file"]]
        assert (file["sha256"], file["kind"]) == (sha256(source), "original")


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


def test_every_file_is_in_the_sums_as_sha256sum_reads_them(searched: Path) -> None:
    lines = (searched / "SHA256SUMS").read_text("utf-8").splitlines()
    sums = {line[66:]: line[:64] for line in lines}
    files = {p.relative_to(searched).as_posix() for p in searched.rglob("*") if p.is_file()}
    assert set(sums) == files - {"SHA256SUMS"}
    assert all(sha256(searched / path) == digest for path, digest in sums.items())
    if program := shutil.which("sha256sum"):
        run_to_end([program, "--strict", "-c", "SHA256SUMS"], cwd=searched)


def test_a_package_is_verified_without_library_and_originals(place: Path) -> None:
    made = pack(place, "gate/a.mp4@0-1")
    shutil.rmtree(place / "library")
    shutil.rmtree(place / "footage")
    found = check_package(place / "package", Quiet())
    assert found.sound
    assert found.seal == made.seal == sha256(place / "package" / "SHA256SUMS")
    assert found.num_files == len(list((place / "package").rglob("*.*")))


def flip(path: Path, at: int = 100) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_a_flipped_byte_in_an_original_is_found(
    searched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(searched, tmp_path / "package"))
    flip(folder / "originals" / "slate.mp4")
    assert run_command(["evidence", "--check", str(folder)]) == 1
    printed = capsys.readouterr().out
    assert "changed: originals/slate.mp4\n" in printed
    assert "NOT as it was packed" in printed
    assert "shapes" not in printed


def test_a_clip_of_each_hit_is_packed_as_a_derivative_of_its_original(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "package"
    words = ["gate/a.mp4@1-2", "yard/a.mp4@0.5-2.5", "--library", str(place / "library")]
    assert run_command(["evidence", *words, "-o", str(folder), "--clips"]) == 0
    assert ", 2 of 2 clips" in capsys.readouterr().out
    one, other = manifest(folder)["hits"]
    assert one["clip"] == {
        "file": "clips/01_gate_a_00-00-01.000_00-00-02.000.mp4",
        "problem": "",
        "cut_from": one["video_id"],
        "start_s": 1.0,
        "end_s": 2.0,
        "how": "derivative, encoded anew (H.264, AAC)",
        "notes": [],
    }
    assert one["clip"]["file"] in one["derivatives"]
    kinds = {file["path"]: file["kind"] for file in manifest(folder)["files"]}
    assert (kinds[one["clip"]["file"]], kinds[one["file"]]) == ("clip", "original")
    info = probe(folder / other["clip"]["file"], "id")
    assert info.duration_s == pytest.approx(2.0, abs=0.001)
    page = Page((folder / "sheet.html").read_text("utf-8"))
    assert f"{other['clip']['file']}: a derivative, cut and re-encoded, not the" in page.text
    assert run_command(["evidence", "--check", str(folder)]) == 0


def test_a_clip_that_was_changed_or_stands_in_for_its_original_is_found(place: Path) -> None:
    with open_library(place / "library", PLAIN, write=False) as app:
        app.evidence(["gate/a.mp4@1-2"], place / "package", clips=True)
    clip = manifest(place / "package")["hits"][0]["clip"]["file"]
    whole = check_package(place / "package", Quiet())
    assert whole.sound
    edited(lambda told: [one.update(kind="original") for one in told["files"]])(place / "package")
    renamed = check_package(place / "package", Quiet())
    assert "has no file of the clip of hit 1" in str(renamed.problems)
    flip(place / "package" / clip)
    assert check_package(place / "package", Quiet()).changed == [clip]


def test_a_clip_that_cannot_be_cut_costs_the_clip_and_is_told(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "footage" / "gate" / "a.mp4").unlink()
    words = ["gate/a.mp4@1-2", "yard/a.mp4@1-2", "--library", str(place / "library"), "--clips"]
    assert run_command(["evidence", *words, "-o", str(place / "package")]) == 1
    assert ", 1 of 2 clips" in capsys.readouterr().out
    missing = manifest(place / "package")["hits"][0]["clip"]
    assert (missing["file"], missing["problem"][:11]) == (None, "gate/a.mp4 ")
    found = check_package(place / "package", Quiet())
    assert found.sound
    assert any("without the clip of hit 1: gate/a.mp4" in note for note in found.notes)


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    """A change of the manifest that also puts its hash right, as a forger would."""

    def edit(folder: Path) -> None:
        told = manifest(folder)
        before = sha256(folder / "manifest.json")
        change(told)
        (folder / "manifest.json").write_text(json.dumps(told))
        sums = (folder / "SHA256SUMS").read_text()
        after = sha256(folder / "manifest.json")
        (folder / "SHA256SUMS").write_text(sums.replace(before, after))

    return edit


@pytest.mark.parametrize(
    ("damage", "where", "says"),
    [
        (lambda f: (f / "originals" / "slate.mp4").unlink(), "missing", "originals/slate.mp4"),
        (lambda f: (f / "originals" / "more.mp4").touch(), "extra", "originals/more.mp4"),
        (lambda f: (f / "link").symlink_to(f / "originals"), "extra", "link"),
        (lambda f: flip(f / "manifest.json"), "changed", "manifest.json"),
        (lambda f: flip(f / "sheet.html"), "changed", "sheet.html"),
        (lambda f: (f / "SHA256SUMS").unlink(), "problems", "not a finished package"),
        (lambda f: (f / "manifest.json").unlink(), "problems", "missing manifest.json"),
        (lambda f: (f / "manifest.json").write_text("[" * 9999), "problems", "is not JSON"),
        (
            lambda f: (f / "SHA256SUMS").write_text(f"{'0' * 64}  ../footage\n"),
            "problems",
            "SHA256SUMS:1",
        ),
        (edited(lambda m: m.update(schema="other/1")), "problems", "not of the schema"),
        (edited(lambda m: m["files"].pop(0)), "problems", "does not list originals/shapes"),
        (edited(lambda m: m["files"][0].update(sha256="0")), "problems", "another hash"),
        (edited(lambda m: m["files"][0].update(size_bytes=1)), "problems", "another size"),
        (edited(lambda m: m["originals"].pop(0)), "problems", "no original of hit 1"),
        (edited(lambda m: m["originals"][0].update(file=None)), "problems", "no file of the"),
        (edited(lambda m: m["hits"].clear()), "problems", "has no hits"),
        (edited(lambda m: m["hits"][0].pop("verdict")), "problems", "of hit 1: verdict"),
        (edited(lambda m: m.update(hits=7)), "problems", "no sound list of hits"),
        (edited(lambda m: m["hits"].append(m["hits"][0])), "problems", "no sound list of hits"),
        (edited(lambda m: m["hits"][0].update(derivatives=["x"])), "problems", "a derivative"),
    ],
)
def test_what_was_done_to_a_package_is_found(
    searched: Path,
    tmp_path: Path,
    damage: Callable[[Path], object],
    where: str,
    says: str,
) -> None:
    folder = Path(shutil.copytree(searched, tmp_path / "package"))
    damage(folder)
    found = check_package(folder, Quiet())
    assert not found.sound
    assert any(says in line for line in getattr(found, where))


def test_an_original_replaced_by_a_link_is_found(searched: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(searched, tmp_path / "package"))
    copy = folder / "originals" / "slate.mp4"
    copy.rename(tmp_path / "away.mp4")
    copy.symlink_to(tmp_path / "away.mp4")
    assert check_package(folder, Quiet()).problems == ["originals/slate.mp4 is not a regular file"]


def test_a_missing_original_costs_its_file_and_not_the_package(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "footage" / "gate" / "a.mp4").unlink()
    words = ["--library", str(place / "library"), "-o", str(place / "package"), "--json"]
    assert run_command(["evidence", "gate/a.mp4@0-1", "yard/a.mp4@0-1", *words]) == 1
    printed = capsys.readouterr()
    assert "not packed: gate/a.mp4: " in printed.err
    assert list(json.loads(printed.out)["not_packed"]) == ["gate/a.mp4"]
    assert [p.name for p in (place / "package" / "originals").rglob("*.mp4")] == ["a.mp4"]
    gate, yard = manifest(place / "package")["hits"]
    assert (gate["file"], yard["file"]) == (None, "originals/yard/a.mp4")
    assert any("is not where it was" in note or "no picture" in note for note in gate["notes"])
    found = check_package(place / "package", Quiet())
    assert found.sound
    assert found.notes[0].startswith("without its original: gate/a.mp4: ")
    assert "not in this package" in Page((place / "package/sheet.html").read_text()).text


def test_a_file_that_was_edited_since_is_no_original(place: Path) -> None:
    with (place / "footage" / "gate" / "a.mp4").open("ab") as file:
        file.write(b"\0")
    made = pack(place, "gate/a.mp4@0-1")
    (one,) = made.package.originals
    assert one.file is None
    assert "is not the file that was indexed" in one.problem
    assert not (place / "package" / "originals").exists()


def test_a_copy_elsewhere_stands_in_for_a_missing_file(place: Path) -> None:
    shutil.copytree(place / "footage" / "gate", place / "backup")
    with open_library(place / "library", PLAIN) as app:
        app.ingest(place / "backup")
    (place / "footage" / "gate" / "a.mp4").unlink()
    (one,) = pack(place, "gate/a.mp4@0-1").package.originals
    assert one.source == place / "backup" / "a.mp4"
    assert one.copies == (place / "footage" / "gate" / "a.mp4",)


def test_one_file_is_packed_once_and_files_of_one_name_both(place: Path) -> None:
    pack(place, "gate/a.mp4@0-1", "gate/a.mp4@1-2", "yard/a.mp4@0-1")
    originals = place / "package" / "originals"
    assert sorted(p.relative_to(originals).as_posix() for p in originals.rglob("*.mp4")) == [
        "gate/a.mp4",
        "yard/a.mp4",
    ]
    assert len(manifest(place / "package")["hits"]) == 3


def test_nothing_is_overwritten(place: Path, tmp_path: Path) -> None:
    pack(place, "gate/a.mp4@0-1")
    with pytest.raises(InputError, match="holds a package already"):
        pack(place, "gate/a.mp4@0-1")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds other files: notes\.txt"):
        pack(place, "gate/a.mp4@0-1", folder=tmp_path / "mine")
    other = tmp_path / "other" / "originals" / "gate" / "a.mp4"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"another film")
    with pytest.raises(InputError, match="is another file"):
        pack(place, "gate/a.mp4@0-1", folder=tmp_path / "other")
    assert other.read_bytes() == b"another film"
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["notes.txt"]


class Interrupted(Quiet):
    """Progress during which somebody presses Ctrl-C once so many files were begun."""

    def __init__(self, after: int) -> None:
        self.left = after

    def advance(self, amount: float, name: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


def test_an_interrupted_package_leaves_no_half_file_and_is_finished_by_the_next_run(
    place: Path,
) -> None:
    words, originals = ("gate/a.mp4@0-1", "yard/a.mp4@0-1"), place / "package" / "originals"
    with pytest.raises(KeyboardInterrupt):
        pack(place, *words, progress=Interrupted(after=3))
    assert [p.name for p in originals.rglob("*.*")] == ["a.mp4"]
    (finished,) = originals.rglob("*.mp4")
    inode = finished.stat().st_ino
    assert not check_package(place / "package", Quiet()).sound
    (originals / "yard" / "a.mp4.part").write_bytes(b"half of a run that was killed")
    pack(place, *words)
    assert finished.stat().st_ino == inode
    assert check_package(place / "package", Quiet()).sound


def test_a_package_that_cannot_be_finished_claims_nothing(place: Path) -> None:
    with open_library(place / "library", PLAIN, write=False) as app:
        from vidindex.composition import build_package

        def broken(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        make = replace(build_package(app.library, PLAIN, Quiet()), render=broken)
        with pytest.raises(InputError, match="No space left"):
            make.make(app.hits(["gate/a.mp4@0-1"]), place / "package", NOON, "0.1.0")
    assert [p.name for p in (place / "package").iterdir()] == ["originals"]


def test_a_full_disk_is_told_before_anything_is_written(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines.evidence.originals, "MARGIN_BYTES", 10**18)
    with pytest.raises(InputError, match=r"need 1000000000\.0 GB, and .* free"):
        pack(place, "gate/a.mp4@0-1")
    assert not (place / "package").exists()


class Meddling(Quiet):
    """Progress during which somebody changes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def advance(self, amount: float, name: str) -> None:
        flip(self.path, 0)


def test_a_copy_that_does_not_read_back_is_refused(tmp_path: Path) -> None:
    source, target = tmp_path / "a.mp4", tmp_path / "b.mp4"
    source.write_bytes(os.urandom(3_000_000))
    with pytest.raises(InputError, match="does not hold what was written"):
        copy_whole(source, target, Meddling(tmp_path / "b.mp4.part"))
    with pytest.raises(MediaError, match="changed while it was copied"):
        copy_whole(source, target, Meddling(source))
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


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


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("cam3/0412.mp4", "cam3/0412.mp4"),
        ("Größe 東京.mov", "Größe 東京.mov"),
        ("../../etc/passwd", "_/_/etc/passwd"),
        ("/a//b.mp4", "a/b.mp4"),
        ('a\nb\\c:"?.mp4', "a_b_c___.mp4"),
        ("\udce9t\u00e9.mp4", "_té.mp4"),
        ("con.mp4", "_con.mp4"),
        ("end. ", "end"),
        ("", "_"),
    ],
)
def test_names_in_a_package_fit_every_file_system(name: str, safe: str) -> None:
    assert safe_path(name) == safe


def test_a_long_name_is_cut_and_keeps_its_suffix() -> None:
    cut = safe_path("é" * 300 + ".mp4")
    assert cut.endswith("é.mp4")
    assert len(cut.encode()) <= 180


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "name hits and a folder"),
        (["1"], "name hits and a folder"),
        (["1", "--check", "x"], "takes a package alone"),
        (["--check", "nowhere"], "is not a folder"),
        (["1", "-o", "x"], "no search has been made"),
        (["none.mp4@1", "-o", "x"], "no video in the library is called"),
    ],
)
def test_what_makes_no_sense_is_named_with_a_remedy(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert run_command(["evidence", *words, "--library", str(place / "library")]) == 2
    assert says in capsys.readouterr().err
