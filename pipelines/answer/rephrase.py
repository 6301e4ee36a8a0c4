"""Rephrase findings with a vision model, keeping only the sentences that hold."""

from collections.abc import Sequence
from dataclasses import replace

from pipelines.services import Services
from store.library import Library
from vidindex.core.answering.citations import Citation, Sentence
from vidindex.core.answering.rephrase import Rephrased, Verdict, findings, tied
from vidindex.core.prompts.rephrase import MAX_TOKENS, REPHRASE
from vidindex.core.sampling.grid import size_for_model
from vidindex.errors import MediaError
from vidindex.types import Ask, FrameBatch, ModelLimits


def in_other_words(
    library: Library,
    services: Services,
    question: str,
    sentences: Sequence[Sentence],
    citations: Sequence[Citation],
    verdict: Verdict | None = None,
) -> Rephrased:
    """The model's sentences that cite their events; `problem` says why there are not any.

    The picture is of the first citation: the models here answer about pictures only.
    """
    model = services.model
    if model is None:
        return Rephrased(problem="no model is available to rephrase with")
    if not citations:
        return Rephrased(problem="no events to rephrase")
    asked = Rephrased(model.limits.identity)
    frames = _picture(library, services, citations[0], model.limits)
    if frames is None:
        return replace(asked, problem=f"{citations[0].name} gives no picture to show the model")
    findings_text = "\n".join(findings(sentences, citations))
    prompt = REPHRASE.format(question=question, findings=findings_text)
    ask = Ask("rephrase", services.profile.system, prompt, frames, MAX_TOKENS)
    ((_, reply),) = model.answer([ask])
    if reply.finish_reason == "error":
        return replace(asked, problem=reply.text)
    kept, dropped = tied(reply.text, sentences, citations, question, verdict)
    return replace(asked, sentences=kept, dropped=dropped)


def _picture(
    library: Library, services: Services, citation: Citation, limits: ModelLimits
) -> FrameBatch | None:
    """The frame in the middle of the citation; None where it cannot be decoded."""
    opened = library.open_source(citation.video_id)
    if opened is None:
        return None
    _, source = opened
    size = size_for_model(source.width, source.height, limits)
    try:
        frames = services.decoder.frames(source, [citation.span.middle_s], size)
        return FrameBatch.of(list(frames), None)
    except MediaError:
        return None
