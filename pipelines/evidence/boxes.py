"""Find boxes around what was asked for on a frame, by the model or the text reader.

What is written there is outlined line by line, as it was read; what was seen by the
model's own boxes. A box that cannot be obtained leaves a note; none is ever guessed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines.hit_pictures import Pictures
from pipelines.services import Services
from store.library import Library
from vidindex.core.families import box_scale_of
from vidindex.core.prompts import BoxScale, box_schema
from vidindex.core.replies import parse_boxes
from vidindex.core.retrieval.query_rewrite import as_caption, search_words
from vidindex.core.retrieval.text_match import UNSURE_SHARE, match_words
from vidindex.core.sampling.grid import size_for_model
from vidindex.types import Ask, Frame, FrameBatch, ModelLimits, SearchResult
from vidindex.types.sheet import Outline, Pictured

MAX_BOXES, MAX_CHARS = 8, 60
MAX_TOKENS = 320
NOT_FOUND = "no box: it was not found again in this very frame"
NOBODY_LOOKS = "no box: no model or text reader is available to find it"

Outlines = tuple[Outline, ...]


@dataclass(frozen=True, slots=True)
class BoxFinder:
    """Outlines what `question` asks for in the pictures of one answer."""

    pictures: Pictures
    services: Services
    question: str

    def outlined(self, pictured: Sequence[Pictured]) -> list[Pictured]:
        """Each with its outlines, in order; what has no found frame stays as it is."""
        outlines_of = self._said(
            [one for one in pictured if one.found and _channel(one) == "caption"]
        )
        return [self._with_outlines(one, outlines_of) for one in pictured]

    def _with_outlines(self, one: Pictured, outlines_of: Mapping[Pictured, Outlines]) -> Pictured:
        channel = _channel(one)
        if one.found is None or channel not in ("caption", "screen", "clock"):
            return one
        looker = self.services.model if channel == "caption" else self.services.reader
        outlines = outlines_of.get(one, ()) if channel == "caption" else self._read(one, one.found)
        if outlines:
            return replace(one, outlines=outlines)
        return replace(one, notes=(*one.notes, NOT_FOUND if looker else NOBODY_LOOKS))

    def _read(self, one: Pictured, found: Frame) -> Outlines:
        """The lines that hold what was asked for; else those that the event consists of."""
        event = one.moment.hits[0].event
        lines = self.services.reader.read(found) if self.services.reader else []
        words = event.text.split() if event.channel == "clock" else search_words(self.question)
        asked = [line for line in lines if _shares(words, line.text)]
        own = [line for line in lines if _shares(line.text.split(), event.text, UNSURE_SHARE)]
        return tuple(Outline(line.box, line.text) for line in asked or own)

    def _said(self, seen: Sequence[Pictured]) -> dict[Pictured, Outlines]:
        """The model's boxes, asked for in one go; what it refused has none."""
        model = self.services.model
        if model is None:
            return {}
        sizes = [_shown_size(one.found, model.limits) for one in seen if one.found]
        scale = box_scale_of(model.limits)
        boxes: dict[Pictured, Outlines] = {}
        for key, reply in model.answer(self._asks(seen, sizes, scale)):
            index = int(key)
            if reply.finish_reason != "error":
                found = parse_boxes(reply.text, *sizes[index], scale).boxes
                boxes[seen[index]] = tuple(Outline(one.box, one.label) for one in found)
        return boxes

    def _asks(
        self, seen: Sequence[Pictured], sizes: Sequence[tuple[int, int]], scale: BoxScale
    ) -> Iterator[Ask]:
        """A question about one still picture each, decoded as the model takes them."""
        profile = self.services.profile
        prompt = profile.box.format(query=as_caption(self.question))
        for index, (one, size) in enumerate(zip(seen, sizes, strict=True)):
            assert one.found is not None
            frames, _ = self.pictures.frames(one.moment, (one.found.time_s,), size)
            if frames:
                yield Ask(
                    key=str(index),
                    system=profile.system,
                    prompt=prompt,
                    frames=FrameBatch.of(list(frames), None),
                    max_tokens=MAX_TOKENS,
                    schema=box_schema(MAX_BOXES, MAX_CHARS, *size, scale),
                )


def _shares(words: Sequence[str], text: str, at_least: float = 0.0) -> bool:
    """Whether the text holds any of the words, and this share of all."""
    match = match_words(words, [text], on_screen=True)
    return any(match.found) and sum(match.found) >= at_least * len(match.found)


def pictures_of(
    library: Library, services: Services, result: SearchResult, *, box: bool, strip: bool
) -> list[Pictured]:
    """The shown moments with the frame that shows each, and what else was asked for."""
    pictures = Pictures(library, services.decoder)
    found = [pictures.found(moment) for moment in result.moments]
    if strip:
        found = [pictures.with_strip(one) for one in found]
    return BoxFinder(pictures, services, result.query.text).outlined(found) if box else found


def _channel(one: Pictured) -> str:
    return one.moment.hits[0].event.channel


def _shown_size(found: Frame, limits: ModelLimits) -> tuple[int, int]:
    """(width, height) for the model: no larger than the found frame, in whole patches."""
    height, width = found.picture.shape[:2]
    return size_for_model(width, height, limits)
