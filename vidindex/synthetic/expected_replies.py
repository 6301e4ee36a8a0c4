"""Build the expected reply to each question about a scene, in the product's JSON.

Compact JSON in the schemas' key order, as constrained decoding without free whitespace
writes it, so training targets and product replies are the same strings.
"""

import json
from collections.abc import Iterable

from vidindex.synthetic.clips import ClipEvent, ClipSpec
from vidindex.synthetic.descriptions import Description


def clock(seconds: float) -> str:
    """'mm:ss.ff', the form that the prompts ask for."""
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}"


def shown_span(event: ClipEvent, duration_s: float) -> tuple[float, float]:
    """The part of the event inside the scene: it may have begun before or end after."""
    return max(0.0, event.start_s), min(duration_s, event.end_s)


def segment_reply(spec: ClipSpec) -> str:
    return _compact({**_times(event, spec), "description": event.caption} for event in spec.events)


def ground_reply(spec: ClipSpec, description: Description) -> str:
    return _compact(_times(event, spec) for event in spec.events if description.fits(event))


def box_reply(event: ClipEvent | None, time_s: float, height: int, width: int) -> str:
    """The object's corners and name, or an empty list where no such object is seen."""
    if event is None:
        return "[]"
    box = list(event.box_at(time_s, height, width))
    return _compact([{"bbox_2d": box, "label": f"{event.colour} {event.shape}"}])


def yes_no_reply(spec: ClipSpec, description: Description) -> str:
    return "Yes" if description.fits_scene(spec) else "No"


def _times(event: ClipEvent, spec: ClipSpec) -> dict[str, str]:
    start_s, end_s = shown_span(event, spec.duration_s)
    return {"start_time": clock(start_s), "end_time": clock(end_s)}


def _compact(items: Iterable[object]) -> str:
    return json.dumps(list(items), separators=(",", ":"))
