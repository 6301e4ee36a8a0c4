"""Which files are one recording, and which are proxies of which."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.timing.recordings import FiledVideo, group, mark_proxies, pair_proxies
from vidindex.types import VideoInfo

MIDNIGHT = datetime(2024, 1, 31, tzinfo=UTC)


def filed(
    path: str,
    start_s: float | None = None,
    duration_s: float = 60.0,
    camera: str | None = None,
    *,
    size: tuple[int, int] = (1920, 1080),
    timecode: str | None = None,
    video_id: str | None = None,
) -> FiledVideo:
    at = None if start_s is None else MIDNIGHT + timedelta(seconds=start_s)
    video = VideoInfo(
        video_id=video_id or path,
        duration_s=duration_s,
        width=size[0],
        height=size[1],
        average_fps=25.0,
        codec="h264",
        container="mp4",
        stream_index=0,
        start_s=0.0,
        rotation_deg=0,
        num_frames=round(duration_s * 25),
        size_bytes=1,
        recorded_at=at,
        camera=camera,
        timecode_start=timecode,
    )
    return FiledVideo(video, PurePosixPath(path))


def runs(*files: FiledVideo) -> list[tuple[str, ...]]:
    return [recording.video_ids for recording in group(files)]


def test_segments_whose_ends_meet_are_one_recording_even_across_day_folders() -> None:
    files = [
        filed("nvr/2024-01-31/23/a.mp4", 86_340.0, 60.8, "gate"),
        filed("nvr/2024-02-01/00/b.mp4", 86_400.0, 60.1, "gate"),
        filed("nvr/2024-02-01/00/c.mp4", 86_460.0, 30.0, "gate"),
    ]
    (recording,) = group(files[::-1])
    assert recording.video_ids == tuple(file.video.video_id for file in files)
    assert recording.camera == "gate"
    assert recording.started_at == files[0].video.recorded_at


def test_a_gap_between_segments_starts_a_new_recording() -> None:
    assert runs(filed("a.mp4", 0.0), filed("b.mp4", 63.0)) == [("a.mp4",), ("b.mp4",)]


def test_files_that_meet_but_are_of_two_cameras_or_places_stay_apart() -> None:
    assert len(runs(filed("a.mp4", 0, camera="A"), filed("b.mp4", 60, camera="B"))) == 2
    assert len(runs(filed("site1/a.mp4", 0), filed("site2/b.mp4", 60))) == 2
    assert len(runs(filed("a.mp4", 0), filed("b.mp4", 60, size=(640, 360)))) == 2


def test_chapters_of_an_action_camera_are_one_clip_without_any_clock() -> None:
    assert runs(
        filed("DCIM/GX010034.MP4"),
        filed("DCIM/GX010035.MP4"),
        filed("DCIM/GX020034.MP4"),
        filed("OLD/GOPR0007.MP4"),
        filed("OLD/GP010007.MP4"),
    ) == [
        ("DCIM/GX010034.MP4", "DCIM/GX020034.MP4"),
        ("DCIM/GX010035.MP4",),
        ("OLD/GOPR0007.MP4", "OLD/GP010007.MP4"),
    ]


def test_a_missing_chapter_breaks_the_clip() -> None:
    assert runs(filed("GX010034.MP4"), filed("GX030034.MP4")) == [
        ("GX010034.MP4",),
        ("GX030034.MP4",),
    ]


def test_copies_of_one_video_count_once() -> None:
    assert runs(filed("a.mp4", video_id="v"), filed("backup/a.mp4", video_id="v")) == [("v",)]


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 300).map(float),
            st.sampled_from([30.0, 60.0]),
            st.sampled_from([None, "A", "B"]),
        ),
        max_size=12,
    )
)
def test_every_video_is_in_exactly_one_recording(
    kinds: list[tuple[float | None, float, str | None]],
) -> None:
    files = [filed(f"{number}.mp4", *kind) for number, kind in enumerate(kinds)]
    held = [video_id for recording in group(files) for video_id in recording.video_ids]
    assert sorted(held) == sorted(file.video.video_id for file in files)


def test_a_proxy_is_paired_by_stem_timecode_and_duration() -> None:
    original = filed("A001.mov", size=(3840, 2160), timecode="01:00:00:00")
    proxy = filed("small/A001.mp4", size=(960, 540), timecode="01:00:00:00")
    other_take = filed("other/A001.mp4", size=(960, 540), timecode="02:00:00:00")
    cut = filed("cut/A001.mp4", 0, 58.0, size=(960, 540), timecode="01:00:00:00")
    assert pair_proxies([original, proxy, other_take, cut]) == {"small/A001.mp4": "A001.mov"}


def test_without_a_timecode_the_name_or_folder_must_say_proxy() -> None:
    small = (960, 540)
    for original, proxy in (
        ("GX010034.MP4", "GL010034.LRV"),
        ("CLIP/C0001.MP4", "SUB/C0001S03.MP4"),
        ("A001.mov", "A001_Proxy.mov"),
        ("A001.mov", "Proxies/A001.mp4"),
        ("DJI_0001.MP4", "DJI_0001.LRF"),
    ):
        assert pair_proxies([filed(original), filed(proxy, size=small)]) == {proxy: original}
    assert pair_proxies([filed("A001.mov"), filed("web/A001.mp4", size=small)]) == {}


def test_a_proxy_that_fits_two_originals_is_paired_with_none() -> None:
    proxy = filed("Proxy/C0001.MP4", size=(960, 540))
    assert pair_proxies([filed("cardA/C0001.MP4"), filed("cardB/C0001.MP4"), proxy]) == {}


def test_a_recording_of_proxies_names_the_recording_of_the_originals() -> None:
    files = [
        filed("GX010034.MP4"),
        filed("GX020034.MP4"),
        filed("GL010034.LRV", size=(640, 360)),
        filed("GL020034.LRV", size=(640, 360)),
    ]
    by_first = {
        recording.video_ids[0]: recording
        for recording in mark_proxies(group(files), pair_proxies(files))
    }
    original, proxy = by_first["GX010034.MP4"], by_first["GL010034.LRV"]
    assert proxy.video_ids == ("GL010034.LRV", "GL020034.LRV")
    assert proxy.proxy_of == original.recording_id
    assert original.proxy_of is None
