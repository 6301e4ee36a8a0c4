"""Read a reply of an OpenAI-compatible transcription endpoint (verbose_json).

Servers differ: words may be listed beside the segments (OpenAI, without punctuation), within them
(most servers of faster-whisper), or not at all (vLLM today); then segments are taken whole.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vidindex.types.speech import SpokenText, Word

_CODES = {
    "english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it",
    "portuguese": "pt", "dutch": "nl", "russian": "ru", "chinese": "zh", "japanese": "ja",
    "korean": "ko", "arabic": "ar", "hindi": "hi", "turkish": "tr", "polish": "pl",
}  # fmt: skip
"""Some servers write languages as words; others stay as they are written."""


def spoken_texts(reply: Any) -> list[SpokenText]:
    """The segments of a reply in order, with the times of words where it has them.

    Raises ValueError where it is no such reply, or has text and no times at all.
    """
    if not isinstance(reply, Mapping) or not isinstance(reply.get("text"), str):
        raise ValueError("its answer is not a transcription")
    segments = [one for one in reply.get("segments") or () if isinstance(one, Mapping)]
    words = reply.get("words") or ()
    if not segments and words:
        segments = [{"text": reply["text"], **_bounds(words)}]
    if not segments and reply["text"].strip():
        raise ValueError("it gives text without times: it must support verbose_json")
    language = str(reply.get("language") or "").casefold()
    language = _CODES.get(language, language)
    own = _grouped(segments, words)
    return [_spoken(one, one.get("words") or own[i], language) for i, one in enumerate(segments)]


def _bounds(words: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return {"start": _number(words[0], "start"), "end": _number(words[-1], "end")}


def _grouped(
    segments: Sequence[Mapping[str, Any]], words: Sequence[Mapping[str, Any]]
) -> list[list[Mapping[str, Any]]]:
    """The words of each segment: in the first one that ends after their middle, else the last."""
    groups: list[list[Mapping[str, Any]]] = [[] for _ in segments]
    place = 0
    for word in words:
        middle_s = (_number(word, "start") + _number(word, "end")) / 2
        while place < len(segments) - 1 and middle_s >= _number(segments[place], "end"):
            place += 1
        groups[place].append(word)
    return groups


def _spoken(
    segment: Mapping[str, Any], words: Sequence[Mapping[str, Any]], language: str
) -> SpokenText:
    text, log_probability = str(segment.get("text") or ""), _number(segment, "avg_logprob", 0.0)
    sure = math.exp(min(0.0, log_probability))
    found = tuple(_timed(text, words, sure, language))
    if not found and text.strip():
        start_s, end_s = _number(segment, "start"), _number(segment, "end")
        found = (Word(start_s, max(start_s, end_s), f" {text.strip()}", sure, language, True),)
    return SpokenText(found, _number(segment, "no_speech_prob", 0.0), log_probability)


def _timed(
    text: str, words: Sequence[Mapping[str, Any]], sure: float, language: str
) -> Iterator[Word]:
    """The words, written as in the text, each with the punctuation that follows it there."""
    places, at = [], 0
    for word in words:
        begin = text.find(str(word.get("word", "")).strip(), at)
        at = at if begin < 0 else begin + len(str(word.get("word", "")).strip())
        places.append(begin)
    for i, word in enumerate(words):
        start_s = _number(word, "start")
        following = places[i + 1] if i + 1 < len(words) else len(text)
        written = text[places[i] : following].rstrip() if min(places[i], following) >= 0 else ""
        space = " " if places[i] <= 0 or text[places[i] - 1].isspace() else ""
        yield Word(
            start_s,
            max(start_s, _number(word, "end")),
            space + (written or str(word.get("word", "")).strip()),
            _number(word, "probability", sure),
            language,
        )


def _number(values: Mapping[str, Any], key: str, default: float | None = None) -> float:
    """A finite number of the reply. ValueError for anything else, and for a missing one."""
    value = values.get(key, default)
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"its {key!r} is {value!r}, not a number")
    return float(value)
