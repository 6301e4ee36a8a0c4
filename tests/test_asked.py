"""Questions understood: what is looked for, where, when, and of what kind the answer is."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidindex.core.answering.camera_phrases import camera_named, extract_cameras
from vidindex.core.answering.question import EVERYWHERE, Asked, understand
from vidindex.core.answering.time_phrases import extract_time
from vidindex.errors import InputError
from vidindex.types import Camera, Filters

NOW = datetime(2024, 3, 6, 13, 0).astimezone()
"""A Wednesday, in this machine's zone."""

NAMES = ("cam1", "cam3", "Camera 12", "gate", "Front Door", "north-yard", "south-yard", "ch5")
CAMERAS = [Camera(name) for name in NAMES]


def ask(question: str, given: Filters = EVERYWHERE) -> Asked:
    return understand(question, CAMERAS, NOW, given=given)


def when(words: str) -> str:
    """What is left of "X" and the words, and days or a stretch, briefly."""
    left, said = extract_time(f"X {words}", NOW, None)
    if said.days:
        first, last = said.days[0], said.days[-1]
        assert said.days == tuple(first + timedelta(n) for n in range((last - first).days + 1))
        stretch = f"{first}" if first == last else f"{first} to {last}"
    else:
        ends = (at and f"{at:%m-%d %H:%M}" for at in (said.since, said.until))
        stretch = " to ".join(end or "" for end in ends)
    guessed = " guessed" if said.guessed else ""
    return f"{' '.join(left.split())}: {stretch}{guessed}"


@pytest.mark.parametrize(
    ("words", "stretch"),
    [
        ("today", "2024-03-06"),
        ("yesterday", "2024-03-05"),
        ("the day before yesterday", "2024-03-04"),
        ("2 days ago", "2024-03-04"),
        ("on Monday", "2024-03-04"),
        ("on Wednesday", "2024-03-06"),
        ("last Wednesday", "2024-02-28"),
        ("on 2024-03-01", "2024-03-01"),
        ("on March 1", "2024-03-01"),
        ("on the 1st of March, 2023", "2023-03-01"),
        ("on Feb 29", "2024-02-29"),
        ("on May 3rd", "2023-05-03"),
        ("on 13/1/2024", "2024-01-13"),
        ("on 1.3.2024", "2024-03-01"),
        ("last week", "2024-02-26 to 2024-03-03"),
        ("last weekend", "2024-03-02 to 2024-03-03"),
        ("this month", "2024-03-01 to 2024-03-31"),
        ("last month", "2024-02-01 to 2024-02-29"),
        ("in March", "2024-03-01 to 2024-03-31"),
        ("in May 2022", "2022-05-01 to 2022-05-31"),
        ("from Monday to Tuesday", "2024-03-04 to 2024-03-05"),
        ("between March 1 and March 3", "2024-03-01 to 2024-03-03"),
        ("on Monday and Tuesday", "2024-03-04 to 2024-03-05"),
    ],
)
def test_whole_days_are_taken_out_as_days(words: str, stretch: str) -> None:
    assert when(words) == f"X: {stretch}"


@pytest.mark.parametrize(
    ("words", "stretch"),
    [
        ("this morning", "03-06 05:00 to 03-06 12:00"),
        ("last night", "03-05 18:00 to 03-06 06:00"),
        ("tonight", "03-06 18:00 to 03-07 06:00"),
        ("on Monday evening", "03-04 18:00 to 03-05 00:00"),
        ("yesterday in the afternoon", "03-05 12:00 to 03-05 18:00"),
        ("yesterday between 2 and 4 pm", "03-05 14:00 to 03-05 16:00"),
        ("between 9am and 5pm today", "03-06 09:00 to 03-06 17:00"),
        ("between 10 pm yesterday and 6 am today", "03-05 22:00 to 03-06 06:00"),
        ("from 14:00 to 15:30 on March 1", "03-01 14:00 to 03-01 15:30"),
        ("from yesterday to 14:00", "03-05 00:00 to 03-06 14:00"),
        ("after 14:00 yesterday", "03-05 14:00 to 03-06 00:00"),
        ("at 3 pm on March 1", "03-01 15:00 to 03-01 16:00"),
        ("at 14:30 yesterday", "03-05 14:30 to 03-05 14:31"),
        ("around noon yesterday", "03-05 11:30 to 03-05 12:30"),
        ("at 9 o'clock this morning", "03-06 09:00 to 03-06 10:00"),
        ("in the last two hours", "03-06 11:00 to 03-06 13:00"),
        ("in the past week", "02-28 13:00 to 03-06 13:00"),
        ("since Monday", "03-04 00:00 to "),
        ("after Monday", "03-05 00:00 to "),
        ("before Monday", " to 03-04 00:00"),
        ("until Monday", " to 03-05 00:00"),
        ("since Monday until Tuesday", "03-04 00:00 to 03-06 00:00"),
    ],
)
def test_hours_are_a_stretch_of_wall_clock(words: str, stretch: str) -> None:
    assert when(words) == f"X: {stretch}"


@pytest.mark.parametrize(
    ("words", "stretch"),
    [
        ("between 11 and 2 pm", "03-06 11:00 to 03-06 14:00"),
        ("between 2 and 4 pm", "03-05 14:00 to 03-05 16:00"),
        ("between 22:00 and 6:00", "03-05 22:00 to 03-06 06:00"),
        ("after 14:00", "03-05 14:00 to 03-06 00:00"),
        ("after 11:00", "03-06 11:00 to 03-07 00:00"),
        ("after 11:00 before 12:30", "03-06 11:00 to 03-06 12:30"),
        ("since 8 am", "03-06 08:00 to "),
        ("before 9 am", "03-06 00:00 to 03-06 09:00"),
        ("until noon", "03-06 00:00 to 03-06 12:00"),
    ],
)
def test_hours_without_a_day_are_of_the_latest_that_has_seen_them(words: str, stretch: str) -> None:
    assert when(words) == f"X: {stretch} guessed"


@pytest.mark.parametrize(
    "words",
    [
        "between 2 and 4 people",
        "the last minute of the film",
        "at 14:30",
        "at night",
        "in the morning light",
        '"today"',
        "two minutes after the man",
        "a mayflower",
        "a march band",
        "on 9999-12-31",
        "part 3/4/1024",
    ],
)
def test_words_that_name_no_day_stay(words: str) -> None:
    assert when(words) == f"X {words}:  to "


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("on 3/1/2024", "may be 2024-01-03 or 2024-03-01"),
        ("on 2024-02-30", "is not a day"),
        ("on April 31", "is not a day"),
        ("between March 1 and 3", "is not clear"),
        ("on Monday and Tuesday at 3 pm", "several days"),
        ("between 1 pm and 2 pm and between 4 and 5 pm", "several hours"),
        ("in the last hour yesterday", "several times"),
    ],
)
def test_what_makes_no_one_stretch_is_refused(words: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        when(words)


def test_hours_are_of_the_day_that_an_option_names() -> None:
    _, said = extract_time("X after 14:00", NOW, None, [date(2024, 2, 1)])
    assert said.since == datetime(2024, 2, 1, 14).astimezone()
    assert said.guessed is None


def test_hours_are_those_of_the_zone_also_when_summer_time_ends() -> None:
    zone = ZoneInfo("Europe/Berlin")
    _, said = extract_time("X yesterday after 1 am", datetime(2024, 10, 28, 9, tzinfo=zone), zone)
    assert said.since
    assert said.until
    assert (said.until - said.since).total_seconds() == 23 * 3600
    assert said.until.astimezone(UTC) - said.since.astimezone(UTC) == timedelta(hours=24)


@pytest.mark.parametrize(
    ("words", "cameras"),
    [
        ("in camera 3", ["cam3"]),
        ("on cam3", ["cam3"]),
        ("on cam-03?", ["cam3"]),
        ("on camera 3", ["cam3"]),
        ("in camera three", ["cam3"]),
        ("camera #3", ["cam3"]),
        ("camera no. 3:", ["cam3"]),
        ("in the camera 3 footage", ["cam3"]),
        ("in cameras 1 and 3", ["cam1", "cam3"]),
        ("in camera 1, 3 or 12", ["cam1", "cam3", "Camera 12"]),
        ("at the gate camera", ["gate"]),
        ("by the front door cam", ["Front Door"]),
        ("in north-yard", ["north-yard"]),
        ("at channel 5", ["ch5"]),
        ("at camera gate", ["gate"]),
        ("at the gate", ["gate"]),
        ("at the Gate?", ["gate"]),
        ("in cameras gate and front door", ["gate", "Front Door"]),
        ("at the gate and at the front door", ["gate", "Front Door"]),
        ("by camera front-door", ["Front Door"]),
        ("on any camera", []),
        ("in all the cameras", []),
        ("on camera", []),
    ],
)
def test_cameras_are_known_by_what_tells_them_apart(words: str, cameras: list[str]) -> None:
    left, found = extract_cameras(f"X {words}", NAMES)
    assert left.strip(" ?:") == "X"
    assert list(found) == cameras


@pytest.mark.parametrize(
    "text",
    [
        "a man with a camera",
        "look at the camera",
        "look at the gate camera",
        "a man on the security camera",
        "a channel 9 logo",
        "look at the gate",
        "throws a stone at the gate",
        "at the gate house",
        "a bird on the gate",
        "walks from the gate to the house",
        "a man in camera view",
        'a sign "camera 3"',
    ],
)
def test_a_camera_that_is_a_thing_stays(text: str) -> None:
    assert extract_cameras(text, NAMES) == (text, ())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("in camera 7", "cam1, cam3"),
        ("on the lobby camera", "no camera in the library is called 'lobby'"),
        ("on the yard camera", "'north-yard', 'south-yard'"),
        ("at camera gaet", "called 'gaet'; there are: Camera 12, Front Door, cam1"),
        ("in camera lobby yesterday", "called 'lobby'"),
    ],
)
def test_an_unknown_or_doubtful_camera_is_refused_with_the_list(words: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        extract_cameras(f"X {words}", NAMES)


def test_two_cameras_of_one_number_are_told_apart_by_their_words() -> None:
    assert camera_named("ch 3", ["cam3", "ch3"]) == "ch3"
    assert camera_named("cam3", ["cam3", "ch3"]) == "cam3"
    with pytest.raises(InputError, match="may be any of"):
        camera_named("3", ["cam3", "ch3"])


@pytest.mark.parametrize(
    ("question", "kind", "looked_for", "narrowed"),
    [
        (
            "did anyone wearing a red shirt appear today in camera 3?",
            "whether",
            "a person wearing a red shirt",
            "camera cam3, 2024-03-06 00:00 – 24:00{here}",
        ),
        ("In camera 3, was there a dog yesterday?", "whether", "a dog",
         "camera cam3, 2024-03-05 00:00 – 24:00{here}"),
        ("today, did anyone enter the shop?", "whether", "a person enters the shop",
         "2024-03-06 00:00 – 24:00{here}"),
        ("was there a red car at the gate camera after 11:30?", "whether", "a red car",
         "camera gate, 2024-03-06 11:30 – 24:00{here} (no day was said)"),
        ("has anybody opened the gate since Monday?", "whether", "a person opened the gate",
         "from 2024-03-04 00:00{here}"),
        ("did camera 3 see a red car?", "whether", "a red car", "camera cam3"),
        ("can you tell me if anyone left?", "whether", "a person left", ""),
        ("didn't anyone come last night?", "whether", "a person comes",
         "2024-03-05 18:00 – 2024-03-06 06:00{here}"),
        ("a red car today?", "whether", "a red car", "2024-03-06 00:00 – 24:00{here}"),
        ("any sign of a dog?", "whether", "a dog", ""),
        ('did a sign say "never"?', "whether", '"never"', ""),
        ('when did anyone say "the ferry leaves"?', "when", '"the ferry leaves"', ""),
        ('was the word "EXIT" shown today?', "whether", '"EXIT"', "2024-03-06 00:00 – 24:00{here}"),
        ('did a man in a shirt saying "POLICE" enter?', "whether",
         'a man in a shirt saying "POLICE" enter', ""),
        ("when did a red circle move left on cam3?", "when", "a red circle moves left",
         "camera cam3"),
        ("what time did the truck arrive?", "when", "the truck arrive", ""),
        ("tell me when the man leaves", "when", "the man leaves", ""),
        ("where was the red car seen?", "when", "the red car", ""),
        ("on which cameras did a dog appear?", "when", "a dog", ""),
        ("which camera shows a red car?", "when", "a red car", ""),
        ("how long was the gate open?", "when", "the gate open", ""),
        ("how many times did a dog bark today?", "how many", "a dog barks",
         "2024-03-06 00:00 – 24:00{here}"),
        ("how many people entered the shop?", "how many", "people entered the shop", ""),
        ("how many red cars were there on Monday?", "how many", "red cars",
         "2024-03-04 00:00 – 24:00{here}"),
        ("what did the man in red do?", "open", "the man in red", ""),
        ("what happened to the red car?", "open", "the red car", ""),
        ("who was at the gate this morning?", "open", "a person",
         "camera gate, 2024-03-06 05:00 – 12:00{here}"),
        ("did anyone wait at camera gate yesterday?", "whether", "a person waits",
         "camera gate, 2024-03-05 00:00 – 24:00{here}"),
        ("was there a red car at the front door?", "whether", "a red car", "camera Front Door"),
        ("show me a man with a hat in camera 1", "what", "a man with a hat", "camera cam1"),
        ("red car camera 3 today", "what", "red car",
         "camera cam3, 2024-03-06 00:00 – 24:00{here}"),
        ("did the clock show 01:23?", "whether", "the clock show 01:23", ""),
        ("Hat jemand das Tor geöffnet?", "whether", "jemand das Tor geöffnet", ""),
        ("誰か来ましたか？", "whether", "誰か来ましたか？", ""),
        ("誰か来た cam3 today", "what", "誰か来た cam3 today", ""),
    ],
)  # fmt: skip
def test_a_question_is_a_caption_with_a_place_and_a_time(
    question: str, kind: str, looked_for: str, narrowed: str
) -> None:
    asked = ask(question)
    assert (asked.kind, asked.looked_for) == (kind, looked_for)
    assert asked.where_and_when == narrowed.format(here=NOW.isoformat()[-6:])


def test_files_are_taken_out_as_they_are_named() -> None:
    assert ask("did a dog bark in cam3_20240301_140000.mp4?").files == ("cam3_20240301_140000.mp4",)
    assert ask('did a dog bark in the file "my film.mov" today?').files == ("my film.mov",)
    assert ask("did a dog bark in version 2.5?").files == ()


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("did anything happen?", "names nothing to look for"),
        ("today in camera 3", "names nothing to look for"),
        ("", "names nothing to look for"),
        ("did nobody come?", "asks for what is not there"),
        ("is there no one at the gate?", "asks for what is not there"),
        ("did the man never leave?", "asks for what is not there"),
    ],
)
def test_a_question_that_no_frame_answers_is_refused_with_a_remedy(
    question: str, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        ask(question)


def test_options_and_question_narrow_each_other() -> None:
    days = (date(2024, 3, 5), date(2024, 3, 6))
    asked = ask("did a dog bark today in camera 3?", Filters(cameras=("1", "camera 3"), days=days))
    assert asked.filters.cameras == ("cam3",)
    assert asked.filters.days == (date(2024, 3, 6),)
    since = datetime(2024, 3, 6, 12).astimezone()
    asked = ask("did a dog bark after 11:00?", Filters(since=since))
    assert asked.filters.since == since


@pytest.mark.parametrize(
    "given",
    [
        Filters(cameras=("cam1",)),
        Filters(days=(date(2024, 3, 1),)),
        Filters(cameras=("cam9",)),
    ],
)
def test_options_that_contradict_the_question_are_refused(given: Filters) -> None:
    with pytest.raises(InputError):
        ask("did a dog bark today in camera 3?", given)


def test_hours_are_those_of_the_camera_that_is_asked_about() -> None:
    cameras = [Camera("cam3", zone="Asia/Tokyo"), Camera("cam1")]
    now = datetime(2024, 3, 6, 13, tzinfo=UTC)
    asked = understand("did a dog bark today after 14:00 in camera 3?", cameras, now, "UTC")
    assert asked.filters.since == datetime(2024, 3, 6, 5, tzinfo=UTC)
    assert asked.where_and_when == "camera cam3, 2024-03-06 14:00 – 24:00+09:00"


def test_hours_of_cameras_in_several_zones_are_read_by_each_camera_s_clock() -> None:
    cameras = [Camera("cam3", zone="Asia/Tokyo"), Camera("cam1")]
    now = datetime(2024, 3, 6, 13, tzinfo=UTC)
    asked = understand("did a dog bark today after 11:00?", cameras, now, "UTC")
    assert asked.filters.since == datetime(2024, 3, 6, 11)
    assert asked.where_and_when == "2024-03-06 11:00 – 24:00 by each camera's clock"
    whole = understand("did a dog bark yesterday?", cameras, now, "UTC")
    assert whole.where_and_when == "2024-03-05 00:00 – 24:00 by each camera's clock"
    given = Filters(since=datetime(2024, 3, 6, 9, tzinfo=UTC))
    with pytest.raises(InputError, match="several zones"):
        understand("did a dog bark today after 11:00?", cameras, now, "UTC", given)


WORDS = (
    "did was anyone camera 3 cam1 the gate in on at from to between and or 2 4 14:00 pm today "
    'yesterday Monday March 1 last hour night since after before until never ? , " 2024-03-01'
)
SENTENCES = st.lists(st.sampled_from(WORDS.split()), max_size=10).map(" ".join)


@given(st.text(max_size=60) | SENTENCES)
def test_any_words_are_understood_or_refused(question: str) -> None:
    try:
        asked = ask(question)
    except InputError:
        return
    assert asked.looked_for
