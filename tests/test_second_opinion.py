"""A second opinion: what a thinking model concludes, and that it can only take away."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support import film_assets as films

from pipelines.search.second_opinion import SecondOpinion, weaker
from pipelines.search.verdict_cache import VerdictCache
from vidindex.app import App, Settings, open_library
from vidindex.composition import build_model
from vidindex.core.replies.reasoning import read_conclusion
from vidindex.core.retrieval.calibration import fit_opinion
from vidindex.types import (
    Ask,
    Event,
    Evidence,
    Hit,
    ModelLimits,
    Moment,
    Reply,
    Span,
    Usage,
    Verdict,
)
from vidindex.types.search import Answer


@pytest.mark.parametrize(
    ("reply", "conclusion"),
    [
        ("The gate opens at 3 s. \\boxed{Yes}", "Yes"),
        ("I see nothing of the kind.\n\n\\boxed{No}", "No"),
        ("\\boxed{\\text{Yes}}", "Yes"),
        ("\\boxed{ \\textbf{no}. }", "No"),
        ("First \\boxed{Yes}. Wait, does it seem right? The coat is blue: \\boxed{No}", "No"),
        ("$\\boxed{\\text{Yes, it does}}$", "Yes"),
        ("\\boxed{B}", None),
        ("\\boxed{Not sure}", None),
        ("\\boxed{None}", None),
        ("Yes", None),
        ("Yes, because \\boxed{", None),
        ("", None),
    ],
)
def test_only_the_last_box_is_a_conclusion(reply: str, conclusion: str | None) -> None:
    assert read_conclusion(reply) == conclusion


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("verified", "verified", "verified"),
        ("verified", "unsure", "verified"),
        ("verified", "rejected", "unsure"),
        ("unsure", "verified", "unsure"),
        ("unsure", "unsure", "unsure"),
        ("unsure", "rejected", "rejected"),
    ],
)
def test_a_second_opinion_takes_away_and_never_adds(
    first: Answer, second: Answer, together: Answer
) -> None:
    assert weaker(first, second) == together


def test_what_a_yes_is_worth_is_how_often_it_was_right() -> None:
    curve = fit_opinion([1.0] * 40 + [0.0] * 40, [True] * 30 + [False] * 49 + [True])
    assert curve(1.0) == pytest.approx(0.74, abs=0.01)
    assert curve(0.0) == pytest.approx(0.05, abs=0.01)


@dataclass
class Thinker:
    """Stands in for a large model that thinks: says what it is given, and remembers the asks."""

    says: str
    asked: list[Ask] = field(default_factory=list)

    @property
    def limits(self) -> ModelLimits:
        return ModelLimits("thinker@1", "apache-2.0", 32_768, 64, 56 * 56, 112 * 112, 8_192)

    def answer(self, asks: Iterable[Ask]) -> Iterator[tuple[str, Reply]]:
        for ask in asks:
            self.asked.append(ask)
            yield ask.key, Reply(self.says, "stop", Usage(10, 10))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    films.titled(tmp_path / "gate.mp4", [(6, "GATE")])
    with open_library(tmp_path / "library", Settings(model="none", ocr=False)) as opened:
        opened.ingest(tmp_path / "gate.mp4")
        yield opened


def moment(app: App, answer: Answer = "verified") -> Moment:
    """A caption that the first model has judged."""
    (listed,) = app.videos()
    video_id, span = listed.video.video_id, Span(1.0, 4.0)
    (event_id,) = app.library.events.add([Event(video_id, span, "a gate", "caption", "m")])
    (event,) = app.library.events.by_ids([event_id])
    verdict = Verdict(answer, 0.9, span, Evidence((1.0,), "?", "m", ""), mass=0.99)
    return Moment(
        video_id, "gate.mp4", span, event.text, 1.0, (Hit(event, 1.0, ("words",)),), verdict
    )


def review(app: App, thinker: Thinker, one: Moment) -> tuple[Verdict, VerdictCache]:
    cache = VerdictCache(app.library, "a gate opens")
    second = SecondOpinion(app.library, app.services.decoder, thinker)
    (heard,) = second.review("does a gate open?", [one], cache)
    return heard.verdict, cache


def test_a_denied_hit_is_shown_as_unsure_with_both_opinions(app: App) -> None:
    verdict, _ = review(app, Thinker("It stays shut. \\boxed{No}"), moment(app))
    assert verdict.answer == "unsure"
    assert verdict.score == 0.9
    assert verdict.second
    assert verdict.second.answer == "rejected"
    assert "stays shut" in verdict.second.reply


def test_a_model_that_comes_to_no_conclusion_changes_nothing(app: App) -> None:
    verdict, _ = review(app, Thinker("I wonder whether the gate"), moment(app))
    assert verdict.answer == "verified"
    assert verdict.second
    assert verdict.second.answer == "unsure"


def test_it_is_asked_in_its_own_words_with_room_to_think(app: App) -> None:
    thinker = Thinker("\\boxed{Yes}")
    review(app, thinker, moment(app))
    (ask,) = thinker.asked
    assert "boxed{}" in ask.prompt
    assert "step by step" in ask.prompt
    assert ask.max_tokens >= 1024
    assert not ask.choices
    assert ask.frames.fps


def test_what_the_first_model_rejected_is_not_asked_again(app: App) -> None:
    thinker = Thinker("\\boxed{Yes}")
    verdict, _ = review(app, thinker, moment(app, "rejected"))
    assert verdict.second is None
    assert thinker.asked == []


def test_an_opinion_that_was_kept_is_not_asked_for_again(app: App) -> None:
    one = moment(app)
    thinker = Thinker("\\boxed{No}")
    _, cache = review(app, thinker, one)
    cache.flush(app.library)
    verdict, _ = review(app, thinker, one)
    assert len(thinker.asked) == 1
    assert verdict.answer == "unsure"


def test_the_small_model_in_the_box_cannot_think_and_that_is_said(app: App) -> None:
    model = build_model("bundled")
    assert model
    second = SecondOpinion(app.library, app.services.decoder, model)
    (heard,) = second.review(
        "a gate opens", [moment(app)], VerdictCache(app.library, "a gate opens")
    )
    assert heard.verdict.answer == "verified"
    assert heard.verdict.second
    assert heard.verdict.second.answer == "unsure"
