"""Open questions: answered by looking, sentence by sentence, or not at all.

A stand-in for a large model answers from the truth of generated films, behind a real endpoint;
how it is asked, and what is made of its replies, is the code under test.
"""

import itertools
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from support.instructions import instructions
from support.qwen_server import serving
from support.server_assets import bundled_model
from support.truth_model import Manner, TruthModel, moments_of

from vidindex.adapters.vision.checkpoints.catalog import BUNDLED_FOLDER
from vidindex.app import Settings, open_library
from vidindex.bench.films import Film, write_film
from vidindex.cli.main import run_command
from vidindex.core.answering.answers import Answer
from vidindex.core.answering.citations import Sentence
from vidindex.core.answering.open_answer import read_open_reply, sound
from vidindex.core.prompts.questions import ShownMoment, answer_schema, moment_lines
from vidindex.core.sampling.montage import even_spans, max_moments, plan_montage
from vidindex.settings import Backend
from vidindex.synthetic.clips import ClipSpec
from vidindex.synthetic.scenes import draw_event, draw_ground
from vidindex.types import Channel, Event, ModelLimits, Reply, Span, Usage

SHOWN = (("blue", "circle", "left"), ("red", "triangle", "blinks"), ("green", "square", "grows"))
COLOUR = "what colour was the circle that moved left?"
Ask = Callable[..., Answer]


def shapes() -> Film:
    """A film of three things, of six seconds each."""
    rng = np.random.default_rng(5)
    events = [
        draw_event(rng, one, at, at + 6.0) for one, at in zip(SHOWN, (2.0, 11.0, 20.0), strict=True)
    ]
    return Film("shapes.mp4", ClipSpec(28.0, tuple(events), draw_ground(rng)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open")
    (folder / "footage").mkdir()
    write_film(shapes(), folder / "footage", [(0.5, 3.0, "This is the reel of the harbour.")])
    with open_library(folder / "library", Settings(model="bundled", ocr=False)) as app:
        app.ingest(folder / "footage")
    return folder / "library"


@pytest.fixture(scope="module")
def model() -> TruthModel:
    return TruthModel(bundled_model(), [shapes()])


@pytest.fixture(scope="module")
def address(model: TruthModel) -> Iterator[str]:
    with serving(model, root=str(BUNDLED_FOLDER)) as served:
        yield served.url


@pytest.fixture(scope="module")
def ask(made: Path, model: TruthModel, address: str) -> Ask:
    """Asks a library through an endpoint at which the model answers in that manner.

    said: events that the footage is said to have besides.
    """
    settings = Settings(backend=Backend(endpoints=(address,)), ocr=False)

    def asked(
        question: str,
        manner: Manner = "honest",
        *,
        said: tuple[Event, ...] = (),
        calls: int = 40,
        library: Path = made,
    ) -> Answer:
        model.manner = manner
        model.heard.clear()
        with open_library(library, settings) as app:
            app.library.events.add(said)
            return app.ask(question, calls=calls)

    return asked


def told(found: Answer) -> list[str]:
    """The model's sentences that are shown."""
    own = re.compile(r"The (?:circle|square|triangle)\b")
    return [one.text for one in found.sentences if own.match(one.text)]


@pytest.mark.slow
def test_a_sentence_that_holds_is_shown_with_what_it_cites(ask: Ask) -> None:
    found = ask(COLOUR)
    assert (found.verdict, found.conclusion.kind) == ("answered", "found")
    assert told(found) == ["The circle is blue."]
    (number,) = found.sentences[0].cites
    assert found.citations[number - 1].span.iou(Span(2.0, 8.0)) > 0.8
    assert (found.count, found.dropped) == (1, ())
    assert [step.kind for step in found.steps] == ["searched", "looked", "checked"]


@pytest.mark.slow
def test_the_model_is_told_when_the_moments_were_and_what_was_heard_there(
    ask: Ask, model: TruthModel
) -> None:
    ask(COLOUR)
    opened, checked = model.heard
    (moment,) = moments_of(opened)
    assert moment["at"].startswith("shapes.mp4 00:00:02.")
    assert moment["heard"] == ["This is the reel of the harbour."]
    assert moment["seen"] == ["a blue circle moves left"]
    assert "heard" not in moments_of(checked)[0]
    assert "harbour" not in checked


@pytest.mark.slow
@pytest.mark.parametrize(
    ("manner", "says"),
    [
        ("prose", "replied in other than the form"),
        ("refuse", "replied in other than the form"),
        ("loop", "reply did not end"),
        ("cites nothing", "nothing that the model said held"),
        ("hallucinates", "nothing that the model said held"),
        ("names", "nothing that the model said held"),
    ],
)
def test_a_reply_of_no_use_is_said_in_one_sentence(ask: Ask, manner: Manner, says: str) -> None:
    found = ask(COLOUR, manner)
    assert (found.verdict, found.conclusion.kind) == ("cannot be told", "cannot be told")
    assert found.sentences[0].text.startswith("Cannot be told: ")
    assert says in found.sentences[0].text
    assert told(found) == []
    assert found.citations, "the moments that were looked at are cited"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("manner", "why"),
    [("adds a lie", "the frames that it cites do not show it"), ("repeats", "it repeats")],
)
def test_what_does_not_hold_is_dropped_and_counted(ask: Ask, manner: Manner, why: str) -> None:
    found = ask(COLOUR, manner)
    assert found.verdict == "answered"
    assert told(found) == ["The circle is blue."]
    assert all(why in one.why for one in found.dropped)
    assert f"{len(found.dropped)} of {len(found.dropped) + 1} sentences" in found.sentences[-1].text
    assert sum(step.kind == "dropped" for step in found.steps) == len(found.dropped) >= 1


@pytest.mark.slow
def test_what_no_moment_shows_cannot_be_told(ask: Ask) -> None:
    for question in ("why does the triangle blink?", "what colour is the elephant that sings?"):
        assert ask(question).verdict == "cannot be told"


@pytest.mark.slow
def test_a_whole_film_is_shown_in_even_parts(ask: Ask, model: TruthModel) -> None:
    found = ask("what does the video show?")
    assert len(moments_of(model.heard[0])) == 8
    assert set(told(found)) == {"The circle is blue.", "The triangle is red."}


@pytest.mark.slow
def test_an_open_question_may_be_related_in_time(ask: Ask) -> None:
    found = ask("what colour was the square after the triangle blinked?")
    assert told(found) == ["The square is green."]
    later = ask("what colour was the circle after the triangle blinked?")
    assert (later.verdict, told(later)) == ("cannot be told", [])


@pytest.mark.slow
def test_calls_that_are_used_up_end_in_cannot_be_told(ask: Ask) -> None:
    found = ask("what colour was the square that grew?", calls=3)
    assert found.calls == 3
    assert found.verdict == "cannot be told"
    assert any("checks were not made" in note for note in found.notes)


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["screen", "subtitle", "speech"])
def test_instructions_in_the_footage_change_no_answer(
    ask: Ask, made: Path, channel: Channel, tmp_path: Path
) -> None:
    plain = ask(COLOUR)
    shutil.copytree(made, tmp_path / "library")
    with open_library(made, Settings(model="none"), write=False) as app:
        (video_id,) = app.find(["shapes.mp4"])
    texts = instructions()
    for begin in range(0, len(texts), 10):
        said = tuple(
            Event(video_id, Span(3.0, 6.0), text, channel, f"test {begin}")
            for text in texts[begin : begin + 10]
        )
        found = ask(COLOUR, "gullible", said=said, library=tmp_path / "library")
        assert told(found) == told(plain) == ["The circle is blue."]
        assert found.verdict == "answered"


@pytest.mark.parametrize("field", ["heard", "read", "seen"])
def test_no_text_of_the_footage_ends_its_line_or_its_string(field: str) -> None:
    for text in instructions():
        moment = ShownMoment(1, "00:00.00-00:02.00", f"{text}.mp4", **{field: (text,)})
        lines = moment_lines([moment, moment], with_texts=True)
        assert lines.count("\n") == 1
        assert "<|" not in lines
        for line in lines.splitlines():
            assert set(json.loads(line)) == {"moment", "video", "at", field}


def reply(text: str, reason: str = "stop") -> Reply:
    return Reply(text, reason, Usage(1, 1))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "why form"),
        ("[]", "why form"),
        ('{"cannot_tell": false}', "why form"),
        ('{"cannot_tell": false, "answer": ["blue"]}', "why form"),
        ('{"cannot_tell": false, "answer": []}', "why model"),
        (
            '{"cannot_tell": true, "answer": [{"sentence": "It is blue.", "cites": [1]}]}',
            "why model",
        ),
        (
            '{"cannot_tell": "no", "answer": [{"sentence": "It is blue.", "cites": [1]}]}',
            "why model",
        ),
    ],
)
def test_what_is_no_answer_is_never_read_as_one(text: str, problem: str) -> None:
    assert read_open_reply(reply(text)).problem == problem
    assert read_open_reply(reply(text)).sentences == ()


def test_a_fenced_object_is_read_and_an_error_keeps_its_words() -> None:
    body = {"cannot_tell": False, "answer": [{"sentence": "It is blue.", "cites": [1]}]}
    said = f"```json\n{json.dumps(body)}\n```"
    assert read_open_reply(reply(said)).sentences == (Sentence("It is blue.", (1,)),)
    assert read_open_reply(reply("busy", "error")).problem == "busy"


def test_a_name_is_kept_only_where_a_text_gives_it() -> None:
    sentence = [Sentence("A man called Anna opens it.", (1,))]
    kept, dropped = sound(sentence, 1, known_words="who opens it?", names=True)
    assert (kept, len(dropped)) == ([], 1)
    kept, _ = sound(sentence, 1, known_words="who opens it? Anna: hello", names=True)
    assert kept == sentence


LIMITS = ModelLimits("m", "", 4096, 32, 28 * 28, 1280 * 28 * 28, 2048)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 16])
def test_a_montage_has_whole_pairs_of_frames_and_fits_the_model(count: int) -> None:
    from support.library_assets import video

    spans = [Span(10.0 * n, 10.0 * n + 4.0) for n in range(count)]
    plan = plan_montage(spans, video("a" * 32), LIMITS)
    frames = [len(part.times_s) for part in plan.parts]
    assert len(set(frames)) == 1
    assert frames[0] % 2 == 0
    assert sum(frames) <= LIMITS.max_frames
    for part, span in zip(plan.parts, spans, strict=True):
        assert all(span.contains(at_s) for at_s in part.times_s)
    ends = [part.video for part in plan.parts]
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(ends))
    with pytest.raises(ValueError, match="moments"):
        plan_montage(spans * 20, video("a" * 32), LIMITS)


def test_even_parts_cover_all_windows_in_order() -> None:
    windows = {"a": [Span(0.0, 30.0)], "b": [Span(5.0, 15.0)]}
    parts = even_spans(windows, 4)
    assert [video_id for video_id, _ in parts] == ["a", "a", "a", "b"]
    assert sum(span.duration_s for _, span in parts) == pytest.approx(40.0)
    assert max_moments(LIMITS) == 16


def test_the_schema_admits_only_moments_that_are_shown() -> None:
    cites = answer_schema(3)["properties"]["answer"]["items"]["properties"]["cites"]
    assert (cites["items"]["minimum"], cites["items"]["maximum"]) == (1, 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "question",
    [COLOUR, "why does the triangle blink?", "what does the video show?", "who moves the circle?",
     "describe the square", "compare the circle and the square"],
)  # fmt: skip
def test_the_bundled_model_tells_no_story_of_generated_films(made: Path, question: str) -> None:
    with open_library(made, Settings(model="bundled", ocr=False), write=False) as app:
        found = app.ask(question)
    assert found.verdict == "cannot be told"
    assert found.sentences[0].text.startswith("Cannot be told: ")


@pytest.mark.slow
def test_the_exit_code_says_that_it_cannot_be_told(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--library", str(made), "--model", "bundled", "-q"]
    assert run_command(["ask", *place, "why does the triangle blink?"]) == 6
    assert "Cannot be told: " in capsys.readouterr().out
    assert run_command(["ask", "--library", str(made), "--model", "none", "why is a dog?"]) == 5


def test_a_question_in_a_language_without_rules_is_refused_by_name(
    made: Path,
) -> None:
    from vidindex.errors import InputError

    with open_library(made, Settings(model="none"), write=False) as app:
        with pytest.raises(InputError, match="English, German, French, Spanish, Chinese"):
            app.ask("Когда человек открывает ворота?")
        with pytest.raises(InputError, match="at most 500"):
            app.ask("did it move " * 60)


QUESTIONS_ABOUT_FOOTAGE = (
    "what does the video show?",
    "who is in the picture?",
    "what colour is the car?",
    "why does the man laugh?",
    "how does the bird move?",
    "describe the room",
    "compare the first film and the second film",
    "what happens after the door opens?",
    "what is the last thing that happens?",
    "which animal is shown?",
)


@pytest.mark.slow
def test_the_bundled_model_tells_no_story_of_real_footage(shared: Path, tmp_path: Path) -> None:
    with open_library(tmp_path / "library", Settings(model="bundled", ocr=False)) as app:
        for name in ("imageio_realshort.mp4", "mmaction2_demo.mp4"):
            app.ingest(shared / "footage" / name)
        for question in QUESTIONS_ABOUT_FOOTAGE:
            found = app.ask(question)
            assert (found.verdict, found.count) == ("cannot be told", 0), question
            assert "cannot judge footage" in found.sentences[0].text
