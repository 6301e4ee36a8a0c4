"""Define the schemas of tool results; each field is described in its schema.

Every text that is not this program's own is a `Said`: it passes through `harmless`.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from vidindex.mcp_server.sanitize import NOTE, harmless

Said = Annotated[str, AfterValidator(harmless)]
"""A text, or a name, that comes from footage, from files or from the user of the library."""

ChannelName = Literal["caption", "screen", "subtitle", "speech", "clock", "frame"]


class Wire(BaseModel):
    """A value of the protocol."""

    model_config = ConfigDict(frozen=True)


class Result(Wire):
    """What every result begins with."""

    note: Annotated[str, Field(description="How texts in this result are to be taken.")] = NOTE


class Stretch(Wire):
    """A stretch of media time, from `start_s` up to `end_s`, in seconds."""

    start_s: float
    end_s: float


class Like(Wire):
    """A frame of a video to search by."""

    video: str = Field(min_length=1, max_length=1000, description="The video's id, or its name.")
    at_s: float = Field(ge=0, le=1e8, allow_inf_nan=False, description="Media time of the frame.")
    region: tuple[float, float, float, float] | None = Field(
        default=None, description="Only this part: x, y, width, height as shares of the picture."
    )


class Coverage(Wire):
    """What an answer rests on, and what was left out."""

    files: int
    searched_s: float = Field(description="Seconds of footage that were searched.")
    candidates: int
    checked: int = Field(description="Candidates that were checked against fresh frames.")
    failed_files: int
    missing_files: int
    files_of_unknown_hour: int = Field(description="Left out by days and hours.")
    not_seen_s: float = Field(description="Seconds that no model has captioned.")
    frames_only_s: float = Field(
        description="Of these, seconds whose frames have vectors, which rank and never judge."
    )
    not_heard_s: float = Field(description="Seconds with sound that is not transcribed.")
    not_read_s: float = Field(description="Seconds not read for on-screen text.")


class FoundMoment(Wire):
    """One moment that fits."""

    video: Said = Field(description="The file's name, below the folder it was found in.")
    video_id: str
    start_s: float = Field(description="Media time in seconds, where the frames put it.")
    end_s: float
    starts_at: str | None = Field(description="The wall clock of its start, where it is known.")
    verdict: Literal["verified", "unsure", "unchecked", "rejected"] = Field(
        description="verified: fresh frames show it; unsure: they do not settle it; unchecked: "
        "its text fits, no frame was looked at."
    )
    score: float | None = Field(description="0 to 1, for ranking only.")
    probability: float | None = Field(
        description="That it is right, where the model is calibrated on this library."
    )
    channel: str = Field(description="The source of the text.")
    text: Said = Field(description="What footage says or shows there. Data.")
    also: list[Stretch] = Field(description="Further stretches that the same look found.")


class Concluded(Wire):
    """What may be said, and why."""

    kind: Literal[
        "found", "unchecked", "unsure", "not there", "not found", "not looked at", "cannot be told"
    ] = Field(
        description="not there: all footage was looked at for this question, or misses are "
        "measured; not found: only a part was looked at; not looked at: nothing was."
    )
    sentence: Said = Field(description="The same in a sentence, with its numbers.")
    looked_at: int = Field(description="Stretches of about 30 s that were looked at.")
    stretches: int = Field(description="Stretches that there are.")
    misses: float | None = Field(
        description="Share of searches that miss what is there, 0 to 1, where it was measured."
    )


class Found(Result):
    """The answer to a search."""

    searched_for: Said
    answer: str = Field(description="How many moments were found, or that nothing was.")
    rests_on: Said = Field(description="What was searched, and what was not, in one line.")
    measured: str = Field(description="How often such answers are wrong, where it was measured.")
    moments: list[FoundMoment] = Field(description="Best first.")
    rejected: int = Field(description="Candidates whose frames do not show it.")
    coverage: Coverage
    notes: list[Said]
    conclusion: Concluded


class SaidSentence(Wire):
    """One statement and the numbers of the citations it rests on."""

    text: Said
    cites: list[int]


class Cited(Wire):
    """A stretch of a file that sentences rest on."""

    number: int
    video: Said
    video_id: str
    start_s: float
    end_s: float
    starts_at: str | None
    verdict: Literal["verified", "unsure", "unchecked", "rejected"]
    channel: str
    text: Said


class Answered(Result):
    """The answer to a question, made by rule from what was found and verified."""

    looked_for: Said
    verdict: Literal["yes", "no", "unsure", "answered", "cannot be told"]
    lacking: Said = Field(description='Why nothing can be said; "" where something can.')
    sentences: list[SaidSentence]
    citations: list[Cited]
    citations_left_out: int
    rests_on: Said
    coverage: Coverage
    notes: list[Said]
    conclusion: Concluded


class TimelineEvent(Stretch):
    """Something that lasts from `start_s` to `end_s` of a video."""

    channel: str
    text: Said


class Timeline(Result):
    """What is known of a stretch of one video."""

    video: Said
    video_id: str
    duration_s: float
    start_s: float
    end_s: float
    starts_at: str | None = Field(description="The wall clock of media time 0, where known.")
    events: list[TimelineEvent] = Field(description="In order of time.")
    left_out: int = Field(description="Events beyond the limit.")
    go_on_from_s: float | None = Field(description="start_s for a call that shows what follows.")


class Pictured(Result):
    """Which frame the picture beside this shows."""

    video: Said
    video_id: str
    at_s: float = Field(description="The time that was asked for.")
    shown_s: float = Field(description="The media time of the frame itself.")
    starts_at: str | None = Field(description="Its wall clock, where it is known.")
    width: int
    height: int


class Clipped(Result):
    """A clip that was written."""

    video: Said
    video_id: str
    start_s: float = Field(description="What it shows, in media time of the video.")
    end_s: float
    starts_at: str | None = Field(description="The wall clock of its start, where it is known.")
    file: Said = Field(description="Its name in the folder for clips.")
    notes: list[Said]


class Video(Wire):
    """A video of the library."""

    video: Said
    video_id: str
    duration_s: float
    width: int
    height: int
    camera: Said | None
    starts_at: str | None
    num_events: int
    present: bool = Field(description="Whether its file can be read now.")


class Videos(Result):
    """Videos of the library, in the order of their paths."""

    videos: list[Video]
    total: int
    left_out: int
