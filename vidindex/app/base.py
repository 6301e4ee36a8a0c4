"""Open a library with the services of this machine: the base of `App`."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pipelines.services import Services, is_of_bundled
from store.library import Library
from vidindex.composition import (
    build_frame_embedder,
    build_model,
    build_services,
    build_stages,
)
from vidindex.core.deprecation import current_name
from vidindex.ports import FrameEmbedder
from vidindex.settings import Settings
from vidindex.types import Filters, Moment

if TYPE_CHECKING:
    from pipelines.ingest.stages import Stage

BUNDLED = "bundled"
BUNDLED_NOTE = (
    "the bundled model was trained on generated clips of coloured shapes only: what it says "
    "about other footage means nothing"
)

RENAMED = {"tools": "services"}
"""Attributes of an app: old names that still work, and the present ones."""


class LibraryBase:
    """A library and its settings; a context manager."""

    def __init__(self, library: Library, settings: Settings) -> None:
        self.library = library
        self.settings = settings

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return getattr(self, current_name("App", name, RENAMED))

    def __enter__(self) -> Self:
        self.library.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.library.__exit__(kind, error, traceback)

    @contextmanager
    def writer(self) -> Iterator[Library]:
        """This library as its one writer; opened for the moment where it is not open so."""
        if self.library.exclusive:
            yield self.library
        else:
            with Library.open(self.library.path, write=True) as writer:
                yield writer

    @contextmanager
    def editor(self) -> Iterator[Library]:
        """This library for a short change, beside an ingest too; opened where it only reads."""
        if self.library.write:
            yield self.library
        else:
            with Library.open(self.library.path, edit=True) as editor:
                yield editor

    def notes(self) -> list[str]:
        """What this machine lacks, and what to do about it."""
        if self.services.model:
            notes = self.check_notes(hint=self.settings.model != BUNDLED)
            return [*self._choice_notes(self.services.model.limits.licence), *notes]
        if self.settings.model == "none":
            return []
        from vidindex.adapters.vision.checkpoints.catalog import NO_MODEL_REMEDIES

        return [f"no vision model here: only text is indexed; {NO_MODEL_REMEDIES}"]

    def _frame_notes(self) -> list[str]:
        """That frames are not embedded, and what to do about it, where none was asked for."""
        if self.settings.frames != "auto" or self.services.frame_embedder:
            return []
        from vidindex.adapters.embed_frames.checkpoint import DOWNLOAD_BYTES, ON_CPU

        stored = self.library.frame_vectors.space
        if stored is not None:
            return [
                f"frames of new footage are not embedded: this library's are of {stored.model}, "
                "which is not here; name its folder: --frames FOLDER"
            ]
        size = f"{DOWNLOAD_BYTES[ON_CPU] / 1e9:.1f} GB, Apache-2.0"
        return [
            "frames are not embedded, so they are found by words only; for searches by what they "
            f"show: vidindex models pull {ON_CPU} ({size})"
        ]

    def _choice_notes(self, licence: str) -> list[str]:
        """Which model "auto" took and why, and a licence that rules out some uses."""
        from vidindex.adapters.checkpoints.licences import is_restricted
        from vidindex.adapters.vision.checkpoints.auto_choice import choose

        notes = []
        if self.settings.model == "auto" and not self.settings.backend.endpoints:
            choice = choose()
            if choice.checkpoint:
                name = f"--model auto took {choice.checkpoint.name}: {choice.why}"
                notes.append("; passed over ".join([name, *choice.passed_over]))
        return [*notes, f"licence of the model: {licence}"] if is_restricted(licence) else notes

    def check_notes(self, *, hint: bool) -> list[str]:
        """Where the model failed its first-run check; with `hint`, also that it never had one.

        Raises ModelError for one whose answers did not follow the video: it is not used.
        """
        from vidindex.diagnostics.history import advice, require_sighted

        model = self.services.model
        if model is None:
            return []
        named = " ".join(("--model", self.settings.model, *self.settings.backend.options))
        identity, profile = model.limits.identity, self.services.profile.name
        require_sighted(identity, profile, named)
        return advice(identity, profile, named, hint=hint)

    def bundled_notes(self, filters: Filters, sources: Iterable[str]) -> list[str]:
        """That the bundled model cannot judge footage, where it was asked about some.

        sources: identities of the models behind what is shown; its own names are "bundled@...".
        """
        if not any(map(is_of_bundled, sources)) or self.library.videos.are_generated(filters):
            return []
        return [BUNDLED_NOTE]

    @property
    def model_source(self) -> str:
        """The bundled model as a source, where it is the one in use; found without loading it."""
        is_here = self.settings.model == BUNDLED and not self.settings.backend.endpoints
        return f"{BUNDLED}@" if is_here else ""

    @cached_property
    def text_services(self) -> Services:
        """All but the vision model, which takes seconds to load: enough to find candidates."""
        text_model = self.settings.text_model or self.library.text_model.get()
        settings = replace(self.settings, model="none", text_model=text_model)
        space = self.library.vectors.space
        services = build_services(settings, space.model if space else None)
        if self.settings.frames == "auto" and self.library.frame_vectors.space is None:
            return services  # there are no frames to be found
        return replace(services, frame_embedder=self._frame_embedder())

    @cached_property
    def services(self) -> Services:
        """Everything that touches a file or a model, as far as this machine has it."""
        model = build_model(self.settings.model, self.settings.backend)
        frame_embedder = self.text_services.frame_embedder or self._frame_embedder()
        return replace(self.text_services, model=model, frame_embedder=frame_embedder)

    def _frame_embedder(self) -> FrameEmbedder | None:
        return build_frame_embedder(self.settings.frames, self.library.frame_vectors.space)

    @cached_property
    def stages(self) -> "tuple[Stage, ...]":
        """The passes of an ingest, cheap ones first; those without their service are left out."""
        some_speech = any(camera.speech for camera in self.library.cameras.all())
        return build_stages(self.services, self.settings, some_speech=some_speech)


def sources_of(moments: Iterable[Moment]) -> set[str]:
    """Identities of the models that described or judged what is shown."""
    captions = {hit.event.source for one in moments for hit in one.hits}
    judges = {one.verdict.evidence.model for one in moments if one.verdict.evidence}
    return captions | judges
