"""Answer questions about footage: parse, search, look, and phrase with citations."""

import glob
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipelines.answer.call_budget import DEFAULT_CALLS, CallBudget
from pipelines.answer.inquiry import Inquiry
from pipelines.answer.looking import answer_by_looking
from pipelines.answer.relations import answer_relation
from pipelines.cameras import has_other_videos, known_cameras
from pipelines.progress import Progress, Quiet
from pipelines.search.run import SearchOptions
from pipelines.search.verdict_cache import VerdictCache
from pipelines.services import Services, is_of_bundled
from store.library import Library
from vidindex.core.answering.answers import Answer, answer_of
from vidindex.core.answering.languages import NAMES
from vidindex.core.answering.open_result import OpenAnswer
from vidindex.core.answering.question import Asked, understand
from vidindex.core.answering.several import split_questions
from vidindex.errors import InputError
from vidindex.types import Filters


@dataclass(frozen=True, slots=True)
class AskOptions:
    """thorough: check more candidates. calls: of the model, at most, for each question."""

    thorough: bool = False
    calls: int = DEFAULT_CALLS
    progress: Progress = field(default_factory=Quiet)


def ask(
    library: Library,
    services: Services,
    question: str,
    now: datetime,
    given: Filters,
    options: AskOptions,
) -> tuple[Answer, list[VerdictCache]]:
    """The answer, with those to further questions of the same text, and the verdicts given.

    Everything that is checked may be cited, and nothing else: what was never looked at
    would only be counted as a doubt.
    """
    texts = split_questions(question)
    asked = [understood(library, text, now, given) for text in texts]
    caches: list[VerdictCache] = []
    answers = [_answer(library, services, one, options, caches) for one in asked]
    return replace(answers[0], further=tuple(answers[1:])), caches


def _answer(
    library: Library,
    services: Services,
    asked: Asked,
    options: AskOptions,
    caches: list[VerdictCache],
) -> Answer:
    model = services.model
    budget = CallBudget(model, options.calls, options.progress) if model else None
    inquiry = Inquiry.of(library, services, SearchOptions(thorough=options.thorough), budget)
    options.progress.start("calls", options.calls, "calls")
    found = _way_of(inquiry, asked)(inquiry, asked)
    options.progress.finish()
    caches += inquiry.caches
    notes = found.notes
    if budget and budget.refused:
        notes = (*notes, f"{budget.refused:,} checks were not made: the question may ask the model "
                 f"{budget.max_calls:,} times; --calls allows more")  # fmt: skip
    return replace(
        found,
        notes=notes,
        steps=tuple(inquiry.steps),
        calls=inquiry.calls,
        max_calls=options.calls,
    )


def _way_of(inquiry: Inquiry, asked: Asked) -> Callable[[Inquiry, Asked], Answer]:
    is_plain = asked.kind != "open" and asked.relation.is_plain
    if not is_plain and _is_beyond_the_model(inquiry, asked):
        return _beyond_the_model
    if asked.kind == "open":
        return answer_by_looking
    return answer_plainly if is_plain else answer_relation


def _is_beyond_the_model(inquiry: Inquiry, asked: Asked) -> bool:
    """Whether the bundled model would tell a story of footage that vidindex did not generate."""
    budget = inquiry.budget
    if budget is None or not is_of_bundled(budget.limits.identity):
        return False
    return not inquiry.library.videos.are_generated(asked.filters)


def _beyond_the_model(inquiry: Inquiry, asked: Asked) -> Answer:
    return OpenAnswer(asked, inquiry.library.coverage(asked.filters)).cannot_tell("why bundled", [])


def answer_plainly(inquiry: Inquiry, asked: Asked) -> Answer:
    """Whether, when and how often something occurs."""
    return answer_of(inquiry.find(asked))


def understood(library: Library, question: str, now: datetime, given: Filters) -> Asked:
    """The question, with its cameras and files resolved to those of the library.

    Hours are those of the cameras asked for: of their zone, where they have one, else of this
    machine's. Raises InputError for what is not in the library.
    """
    others = has_other_videos(library)
    asked = understand(question, known_cameras(library), now, given=given, others=others)
    if not asked.language and asked.kind == "whether":
        raise InputError(
            f"questions are read in {NAMES}, and this one is in another language",
            "ask in one of these, or use vidindex search, which looks for the words as they are",
        )
    if not asked.files:
        return asked
    if given.globs:
        raise InputError(f"the question is about {asked.files[0]}, and so is --file", "say it once")
    names = [library.videos.name(video_id) for video_id in library.videos.find(asked.files)]
    return asked.of_files(tuple(map(glob.escape, names)))
