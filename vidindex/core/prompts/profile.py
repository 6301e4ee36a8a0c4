"""Define the prompts of a model, as data: one `PromptProfile` per way of asking.

A profile is part of a model's identity: change a word and every cached reply of
that profile is another reply. This module writes questions; it never reads
answers (`parse`), depends on no frames and no model.

Wording follows the published Qwen2.5-VL cookbooks (video grounding and
segmentation with 'mm:ss.ff' times, boxes as `bbox_2d` JSON); no example times
stand in a prompt, so none can be copied into a reply.
"""

from dataclasses import dataclass
from typing import Any, Literal

from vidindex.core.prompts.questions import QUESTIONS, QuestionPrompts

MAX_EVENTS, MAX_CHARS, MAX_TOKENS = 12, 200, 1024
"""Of a reply to the segment prompt: events, characters of a caption, tokens in all."""

BoxScale = Literal["pixels", "thousandths", "shares"]
"""What a model counts box corners in: pixels of the picture as it was shown, thousandths of its
sides, or shares of them."""

TIME_PATTERN = "^[0-9]{2}:[0-5][0-9]\\.[0-9]{2}$"


@dataclass(frozen=True, slots=True)
class PromptProfile:
    """Wording of every question vidindex asks; `{query}` and `{language}` are filled in.

    questions: for what is answered by looking, under a name of its own: verdicts and
    calibrations do not depend on it.
    """

    name: str
    system: str
    segment: str
    segment_language: str
    ground: str
    yes_no: str
    box: str
    questions: QuestionPrompts = QUESTIONS


QWEN25_VL = PromptProfile(
    name="qwen2.5-vl/1",
    system="You are a helpful assistant.",
    segment=(
        "Localize a series of activity events in the video, output the start and end timestamp "
        "for each event, and describe each event with sentences. Provide the result in json "
        "format with 'mm:ss.ff' format for time depiction, as a list of objects with the keys "
        "start_time, end_time and description."
    ),
    segment_language=" Write the descriptions in {language}.",
    ground=(
        "Give the query: '{query}', when does the described content occur in the video? Provide "
        "the result in json format with 'mm:ss.ff' format for time depiction, as a list of "
        "objects with the keys start_time and end_time, and an empty list if it does not occur."
    ),
    yes_no="Does the video show the following: '{query}'? Answer Yes or No.",
    box=(
        "Outline the position of '{query}' and output the coordinates in JSON format, as a list "
        "of objects with the keys bbox_2d and label."
    ),
)


def segment_schema(max_events: int, max_chars: int) -> dict[str, Any]:
    """JSON schema of a segmentation reply: at most `max_events` bounded objects."""
    return _list_of(
        {"start_time": _TIME, "end_time": _TIME, "description": _text(max_chars)}, max_events
    )


def ground_schema(max_spans: int) -> dict[str, Any]:
    """JSON schema of a grounding reply: none, one or several spans."""
    return _list_of({"start_time": _TIME, "end_time": _TIME}, max_spans)


def box_schema(
    max_boxes: int, max_chars: int, width: int, height: int, scale: BoxScale = "pixels"
) -> dict[str, Any]:
    """JSON schema of a box reply: corners x1, y1, x2, y2 within `width` x `height` pixels."""
    most = max(width, height) if scale == "pixels" else 1000 if scale == "thousandths" else 1
    kind = "number" if scale == "shares" else "integer"
    corner = {"type": kind, "minimum": 0, "maximum": most}
    bbox = {"type": "array", "items": corner, "minItems": 4, "maxItems": 4}
    return _list_of({"bbox_2d": bbox, "label": _text(max_chars)}, max_boxes)


_TIME = {"type": "string", "pattern": TIME_PATTERN}


def _text(max_chars: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": max_chars}


def _list_of(properties: dict[str, Any], max_items: int) -> dict[str, Any]:
    item = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "array", "items": item, "maxItems": max_items}
