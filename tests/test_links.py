"""Links lead nowhere that was not asked for, and only the file that was indexed is ever read."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import ffmpeg
import httpx
import pytest
from support.clip_assets import make
from support.web_assets import served

from pipelines.evidence.file_copy import hash_files
from pipelines.ingest.scan import location_of
from pipelines.progress import Quiet
from store import Library
from vidindex.adapters.media.discover import discover
from vidindex.adapters.media.ffmpeg import run
from vidindex.adapters.media.verified_open import (
    has_fingerprint,
    open_file,
    open_indexed,
    path_of,
)
from vidindex.app import Settings, open_library
from vidindex.cli.main import run_command
from vidindex.composition import build_cutter, build_decoder, build_file_reader
from vidindex.errors import DecodeError, MediaError, ProbeError
from vidindex.types import FoundFile, FoundLink, Location, SubtitleStream, VideoInfo
from vidindex.web.state import ServerOptions

PLAIN = Settings(model="none", ocr=False)
LINKS = pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
pytestmark = LINKS


class Archive:
    """A film below a folder of footage, indexed; another one that must not be read."""

    def __init__(self, folder: Path, clips: pytest.TempPathFactory) -> None:
        self.footage, self.library = folder / "footage", folder / "library"
        self.cam, self.film = self.footage / "cam", self.footage / "cam" / "film.mp4"
        self.cam.mkdir(parents=True)
        shutil.copy(make("h264", clips).path, self.film)
        self.secret = folder / "secret"
        self.secret.mkdir()
        shutil.copy(make("offset", clips).path, self.secret / "film.mp4")
        with open_library(self.library, PLAIN) as app:
            app.ingest(self.footage)
            ((self.video_id, _),) = app.find(["film.mp4"]).items()
        self.whole = self.film.read_bytes()

    @property
    def video(self) -> VideoInfo:
        with Library.open(self.library) as library:
            found = library.videos.get(self.video_id)
        assert found
        return found

    @property
    def location(self) -> Location:
        with Library.open(self.library) as library:
            return library.videos.locations(self.video_id)[0]

    def replace_by(self, secret: Path) -> None:
        """A link in the film's place, to a file with its size and time."""
        seen = self.film.stat()
        secret.write_bytes(secret.read_bytes().ljust(seen.st_size, b"\0")[: seen.st_size])
        os.utime(secret, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        self.film.unlink()
        self.film.symlink_to(secret)


@pytest.fixture
def archive(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return Archive(tmp_path, tmp_path_factory)


@pytest.fixture
def client(archive: Archive) -> Iterator[httpx.Client]:
    with served(ServerOptions(archive.library, PLAIN)) as opened:
        yield opened


def read_everywhere(archive: Archive, out: Path) -> None:
    """Reads the film by every way there is; each raises where it is not the one."""
    source = archive.video.source(archive.location)
    list(build_decoder("pyav").frames(source, [0.5], (96, 48)))
    build_file_reader().signals(source)
    build_file_reader().identity(source)
    build_cutter().proxy(source, out / "proxy.mp4", 48, out / "told.txt")


def refused_everywhere(archive: Archive, out: Path) -> None:
    source = archive.video.source(archive.location)
    for read in (
        lambda: list(build_decoder("pyav").frames(source, [0.5], (96, 48))),
        lambda: list(build_decoder("decord").frames(source, [0.5], (96, 48))),
        lambda: build_file_reader().signals(source),
        lambda: build_file_reader().identity(source),
        lambda: build_cutter().proxy(source, out / "proxy.mp4", 48, out / "told.txt"),
    ):
        with pytest.raises(DecodeError, match=r"cannot be opened|was changed"):
            read()


def replaced_when_found(archive: Archive) -> Location:
    """The film as a scan found it just before a link to another one took its place."""
    found = FoundFile(archive.footage, archive.film)
    location = location_of(found)
    archive.film.unlink()
    archive.film.symlink_to(archive.secret / "film.mp4")
    return location


def test_a_scan_reads_nothing_through_a_link_that_took_the_place_of_a_film(
    archive: Archive,
) -> None:
    read, location = build_file_reader(), replaced_when_found(archive)
    for look in (read.fingerprint, lambda file: read.probe(file, "id")):
        with pytest.raises(ProbeError, match=r"film\.mp4 cannot be read"):
            look(location)
    archive.film.unlink()
    archive.cam.rmdir()
    archive.cam.symlink_to(archive.secret)
    with pytest.raises(ProbeError, match=r"film\.mp4 cannot be read"):
        read.probe(location, "id")


def test_a_scan_reads_no_other_file_than_the_one_that_it_found(archive: Archive) -> None:
    location = location_of(FoundFile(archive.footage, archive.film))
    assert build_file_reader().fingerprint(location) == archive.video_id
    shutil.copy(archive.secret / "film.mp4", archive.cam / "other.mp4")
    (archive.cam / "other.mp4").replace(archive.film)
    with pytest.raises(ProbeError, match="was replaced while it was read"):
        build_file_reader().fingerprint(location)


def test_a_format_that_is_told_by_its_suffix_is_known_when_it_is_held_open(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw, source = tmp_path / "film.dv", ffmpeg.input(str(make("h264", tmp_path_factory).path))
    run(ffmpeg.output(source.video, str(raw), target="ntsc-dv", t=0.5))
    location, read = location_of(FoundFile(tmp_path, raw)), build_file_reader()
    by_path, held = read.probe(raw, "id"), read.probe(location, "id")
    assert (held.container, held) == ("dv", by_path)


def test_subtitles_and_sound_are_not_read_through_a_link(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    archive = Archive(tmp_path, tmp_path_factory)
    read, video, location = build_file_reader(), archive.video, archive.location
    stream = SubtitleStream(0, "subrip")
    archive.replace_by(archive.secret / "film.mp4")
    found = read.subtitles(replace(video, subtitles=(stream,)), location, [])
    assert not found.events
    assert "cannot be opened" in found.problems[0]
    with pytest.raises(DecodeError, match="cannot be opened"):
        next(read.sound(video.source(location), video.duration_s))


def test_evidence_holds_no_copy_and_no_hash_of_what_a_link_leads_to(
    archive: Archive, tmp_path: Path
) -> None:
    archive.replace_by(archive.secret / "film.mp4")
    with pytest.raises(MediaError, match="cannot be opened"):
        build_file_reader().open_original(archive.video, archive.location)
    with Library.open(archive.library) as library:
        (hashed,) = hash_files(library, [archive.video_id], open_file, Quiet())
    assert hashed.sha256 == ""
    assert hashed.problem


def test_evidence_copies_the_very_file_whose_content_was_compared(archive: Archive) -> None:
    with build_file_reader().open_original(archive.video, archive.location) as file:
        archive.replace_by(archive.secret / "film.mp4")
        assert file.read() == archive.whole


def test_a_link_in_place_of_a_film_is_read_by_nothing(archive: Archive, tmp_path: Path) -> None:
    read_everywhere(archive, tmp_path)
    archive.replace_by(archive.secret / "film.mp4")
    refused_everywhere(archive, tmp_path)


def test_a_link_in_place_of_a_folder_of_films_is_not_followed(
    archive: Archive, tmp_path: Path
) -> None:
    shutil.rmtree(archive.cam)
    archive.cam.symlink_to(archive.secret)
    refused_everywhere(archive, tmp_path)


def test_another_file_of_the_same_size_and_time_is_not_the_film(
    archive: Archive, tmp_path: Path
) -> None:
    seen = archive.film.stat()
    archive.film.write_bytes(os.urandom(seen.st_size))
    os.utime(archive.film, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    refused_everywhere(archive, tmp_path)


def test_the_same_film_copied_back_or_on_a_share_mounted_again_is_read(
    archive: Archive, tmp_path: Path
) -> None:
    copy = archive.film.with_name("copy.mp4")
    shutil.copy(archive.film, copy)
    copy.replace(archive.film)
    read_everywhere(archive, tmp_path)


def test_a_film_of_an_older_library_is_known_by_its_content(
    archive: Archive, tmp_path: Path
) -> None:
    with Library.open(archive.library, write=True) as library:
        old = replace(archive.location, identity=None)
        library.videos.put_location(archive.video_id, old)
    assert archive.location.identity is None
    read_everywhere(archive, tmp_path)
    archive.replace_by(archive.secret / "film.mp4")
    refused_everywhere(archive, tmp_path)


def test_what_was_opened_is_read_though_a_link_takes_its_place_meanwhile(
    archive: Archive,
) -> None:
    source = archive.video.source(archive.location)
    descriptor = open_indexed(source, has_fingerprint)
    archive.replace_by(archive.secret / "film.mp4")
    assert path_of(descriptor, archive.film).read_bytes() == archive.whole
    os.close(descriptor)


def test_the_server_sends_nothing_of_a_file_behind_a_link(
    archive: Archive, client: httpx.Client
) -> None:
    path = f"/api/videos/{archive.video_id}"
    assert client.get(f"{path}/media").content == archive.whole
    archive.replace_by(archive.secret / "film.mp4")
    for what in ("media", "frame?at=1", "clip?start_s=0&end_s=1"):
        assert client.get(f"{path}/{what}").status_code == 409
    assert client.get(path).json()["present"] is False


def test_links_that_lead_out_of_a_folder_are_found_and_not_followed(
    archive: Archive,
) -> None:
    (archive.footage / "away").symlink_to(archive.secret)
    (archive.footage / "away.mp4").symlink_to(archive.secret / "film.mp4")
    (archive.footage / "notes.txt").symlink_to(archive.secret / "film.mp4")
    (archive.footage / "near").symlink_to(archive.cam)
    found = list(discover([archive.footage]))
    assert [one.path for one in found if isinstance(one, FoundFile)] == [archive.film]
    away = [one.path.name for one in found if isinstance(one, FoundLink)]
    assert away == ["away", "away.mp4"]
    followed = list(discover([archive.footage], follow_links=True))
    linked = [one for one in followed if isinstance(one, FoundFile) and one.linked]
    assert [one.path.parent.name for one in linked] == ["away"]


def test_an_ingest_counts_the_links_that_it_does_not_follow_and_follows_them_when_asked(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (archive.footage / "away").symlink_to(archive.secret)
    words = ["ingest", str(archive.footage), "--library", str(archive.library), "--no-ocr"]
    words += ["--model", "none", "-q"]
    assert run_command(words) == 0
    assert "1 link that leads out of the folders was not followed" in capsys.readouterr().out
    monkeypatch.setenv("VIDINDEX_INGEST_FOLLOW_LINKS", "1")
    assert run_command([*words, "--no-follow-links"]) == 0
    assert "not followed" in capsys.readouterr().out
    assert run_command([*words, "--within", str(archive.secret)]) == 2
    assert run_command(words) == 0
    with open_library(archive.library, PLAIN, write=False) as app:
        ((video_id, name),) = app.find(["away/*"]).items()
        assert name.endswith("away/film.mp4")
        assert app.frame(video_id, 1.0)


def test_a_subtitle_file_that_is_a_link_out_of_its_folder_is_noted_and_not_read(
    archive: Archive,
) -> None:
    line = "1\n00:00:00,000 --> 00:00:01,000\n{}\n"
    (archive.secret / "s.srt").write_text(line.format("a secret"), encoding="utf-8")
    (archive.cam / "own.txt").write_text(line.format("its own"), encoding="utf-8")
    outward, inward = archive.cam / "film.srt", archive.cam / "film.en.srt"
    outward.symlink_to(archive.secret / "s.srt")
    inward.symlink_to("own.txt")
    read = build_file_reader().subtitles
    found = read(archive.video, archive.film, [outward, inward])
    assert [event.text for event in found.events] == ["its own"]
    assert "film.srt: a link that leads out of its folder" in found.notes[0]
    followed = read(archive.video, archive.film, [outward], follow_links=True)
    assert [event.text for event in followed.events] == ["a secret"]


def test_a_pipe_in_place_of_a_film_holds_nobody_up(archive: Archive, tmp_path: Path) -> None:
    archive.film.unlink()
    os.mkfifo(archive.film)
    with pytest.raises(MediaError, match="not a regular file"):
        build_file_reader().identity(archive.video.source(archive.location))
