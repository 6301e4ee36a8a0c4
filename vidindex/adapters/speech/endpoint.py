"""Transcribe speech at an OpenAI-compatible endpoint (/v1/audio/transcriptions)."""

import io
import os
import wave
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import httpx
import numpy as np

from vidindex.adapters.endpoints.endpoint import BadResponse, RequestRejected
from vidindex.adapters.endpoints.single import SingleEndpoint
from vidindex.adapters.speech.voices import find_voices
from vidindex.core.speech.inventions import transcript
from vidindex.core.speech.reply import spoken_texts
from vidindex.errors import DecodeError
from vidindex.types.speech import SAMPLES_PER_S, Samples, SpokenText, Transcript

_ROUTE = "/audio/transcriptions"
TIMEOUT_S = 600.0
"""For one piece, which is minutes of sound: a server without a GPU takes about as long."""


class EndpointTranscriber:
    """Sends pieces of sound to one endpoint, and to no other; it is contacted when first used.

    Voices are detected here, so a piece without any is not sent.
    """

    def __init__(
        self,
        endpoint: str,
        model: str,
        words: Sequence[str] = (),
        *,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """model: "auto" or the name it is served under. words: names and terms to expect.

        Raises InputError for what is no address.
        """
        self._endpoint = SingleEndpoint(endpoint, timeout_s=TIMEOUT_S, environment=environment)
        self._wanted, self._prompt = model, ", ".join(words)

    @cached_property
    def name(self) -> str:
        """Raises InputError or ModelError where the endpoint has to be asked for its model."""
        return f"endpoint:{self._endpoint.model(self._wanted)}"

    def __call__(self, samples: Samples) -> Transcript:
        """Words, or whole segments, in seconds from the first sample.

        Raises DecodeError where this piece is not answered, ModelError where none would be.
        """
        voices = find_voices(samples)
        if not voices:
            return Transcript()
        body, content_type = self._request(samples)
        try:
            texts = self._endpoint.post(_ROUTE, body, _read, content_type)
        except RequestRejected as error:
            raise DecodeError(
                f"{self._endpoint.address.url} does not transcribe the sound ({error})",
                "see to the server, then run it again with --retry-failed",
            ) from error
        return transcript(texts, voices)

    def _request(self, samples: Samples) -> tuple[bytes, str]:
        """The body and its type (multipart/form-data)."""
        fields: dict[str, str | list[str]] = {
            "model": self.name.removeprefix("endpoint:"),
            "response_format": "verbose_json",
            "timestamp_granularities[]": ["word", "segment"],
            "temperature": "0",
        }
        if self._prompt:
            fields["prompt"] = self._prompt
        file = ("sound.wav", _wav(samples), "audio/wav")
        request = httpx.Request(
            "POST", self._endpoint.address.url, data=fields, files={"file": file}
        )
        return request.read(), request.headers["Content-Type"]


def _read(reply: Any) -> list[SpokenText]:
    try:
        return spoken_texts(reply)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadResponse(str(error)) from error


def _wav(samples: Samples) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setparams((1, 2, SAMPLES_PER_S, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return stream.getvalue()
