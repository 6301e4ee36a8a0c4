"""Which ffmpeg is run: the newest here that has what is needed, and `doctor` says why."""

import os
from pathlib import Path

import pytest
from support.clip_assets import numbered

from vidindex.adapters.media.ffmpeg import encode
from vidindex.adapters.media.ffmpeg_choice import choose
from vidindex.adapters.media.probe import probe
from vidindex.diagnostics.machine import examine
from vidindex.errors import MediaError

ENCODERS = " V....D libx264              libx264 H.264\n A....D aac                  AAC"
FILTERS = " T.C drawtext          V->V       Draw text on top of video frames."

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs made here are scripts")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders `path`, which is on PATH, and `carried`, where imageio-ffmpeg looks."""
    for name in ("path", "carried"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}{os.pathsep}/usr/bin-none{os.pathsep}/bin")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "carried" / "ffmpeg"))
    return tmp_path


def put(
    folder: Path,
    version: str,
    libavutil: str = "61",
    encoders: str = ENCODERS,
    filters: str = FILTERS,
) -> str:
    """A program that says what an ffmpeg of that version says of itself."""
    path = folder / "ffmpeg"
    banner = f"ffmpeg version {version} Copyright (c)\n  libavutil      {libavutil}. 1.100 / 61"
    path.write_text(
        f"#!/bin/sh\necho '{banner}'\n"
        f"case $1 in -encoders) echo '{encoders}';; -filters) echo '{filters}';; esac\n"
    )
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("on_path", "carried", "chosen"),
    [
        ("5.1.6-0+deb12u1", "7.0.2-static", "carried"),
        ("8.1", "7.0.2-static", "path"),
        ("7.0.2", "7.0.2-static", "path"),
        ("6.1.1-3ubuntu5", "7.0.2-static", "carried"),
        ("n10.0-2-gabc", "n9.0.2-17-g2a571b6068", "path"),
    ],
)
def test_the_newest_is_run_and_of_equals_the_one_on_path(
    places: Path, on_path: str, carried: str, chosen: str
) -> None:
    paths = {"path": put(places / "path", on_path), "carried": put(places / "carried", carried)}
    assert choose().chosen.path == paths[chosen]


@pytest.mark.parametrize("version", ["N-112345-g0e5e5a1", "2024-05-01-git-0e5e5a1-full_build"])
def test_a_build_between_releases_counts_as_the_release_of_its_libraries(
    places: Path, version: str
) -> None:
    carried = put(places / "carried", "7.1")
    built = put(places / "path", version, libavutil="60")
    assert choose().chosen.path == built
    assert choose().chosen.build.release == (8, 0)
    put(places / "path", version, libavutil="57")
    os.utime(built, (1, 1))  # written at another time
    assert choose().chosen.path == carried
    assert "older than 6.0" in str(choose())


@pytest.mark.parametrize(
    ("lacking", "says"),
    [
        ({"encoders": ENCODERS.replace("libx264 ", "openh264")}, "lacks encoder libx264"),
        ({"filters": ""}, "lacks filter drawtext"),
    ],
)
def test_an_ffmpeg_that_lacks_what_is_needed_is_not_run_however_new(
    places: Path, lacking: dict[str, str], says: str
) -> None:
    carried, lame = put(places / "carried", "6.0"), put(places / "path", "9.9", **lacking)
    assert choose().chosen.path == carried
    assert str(choose()) == f"6.0 from imageio-ffmpeg ({carried}); not 9.9 on PATH ({lame}): {says}"


@pytest.mark.parametrize(
    "content", ["#!/bin/sh\nexit 1\n", "no program", "#!/bin/sh\necho hello\n"]
)
def test_what_is_no_ffmpeg_is_not_run(places: Path, content: str) -> None:
    carried = put(places / "carried", "7.0")
    Path(put(places / "path", "8.0")).write_text(content)
    assert choose().chosen.path == carried


def test_an_ffmpeg_that_is_replaced_is_asked_again(places: Path) -> None:
    put(places / "carried", "7.0")
    path = put(places / "path", "6.0")
    assert choose().chosen.path != path
    put(places / "path", "8.0")
    os.utime(path, (1, 1))
    assert choose().chosen.path == path


def test_without_one_that_can_be_used_each_is_named_with_its_reason(
    places: Path, tmp_path: Path
) -> None:
    path = put(places / "path", "5.1.6-0+deb12u1")
    with pytest.raises(MediaError) as error:
        encode(tmp_path / "film.mp4", [numbered(0)], 192, 96, 25)
    assert f"5.1.6-0+deb12u1 on PATH ({path}): older than 6.0" in error.value.message
    assert "install ffmpeg 6.0 or newer" in error.value.hint
    (found,) = [one for one in examine(tmp_path / "none", repair=False) if one.what == "ffmpeg"]
    assert not found.ok
    assert "older than 6.0" in found.detail


def test_a_film_is_made_though_an_old_ffmpeg_is_on_path(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE")
    put(places / "path", "5.1.6-0+deb12u1")
    encode(places / "film.mp4", (numbered(i) for i in range(10)), 192, 96, 25)
    assert probe(places / "film.mp4", "id").duration_s == pytest.approx(0.4)
