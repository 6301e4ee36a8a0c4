"""Export from a library: timelines, pictures, sheets, evidence."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.progress import Progress, Quiet
from vidindex.app.marking import Marking
from vidindex.composition import build_archive, build_clip_services, build_package, build_page
from vidindex.errors import InputError
from vidindex.types import Query, SavedHit, SearchResult, Span

if TYPE_CHECKING:
    from pipelines.evidence.package import PackageResult
    from vidindex.core.answering.answers import Answer
    from vidindex.core.formatting.path_maps import PathMap
    from vidindex.core.timing.event_timestamps import Clock
    from vidindex.types import Timeline
    from vidindex.types.clip import Clip


class Exporting(Marking):
    """Exports, and evidence that people can look at."""

    def export(
        self,
        output: str | Path | None,
        *,
        videos: Sequence[str] = (),
        timeline: "Timeline | None" = None,
        format_name: str | None = None,
        path_maps: "Sequence[PathMap]" = (),
        clock: "Clock | None" = None,
        progress: Progress | None = None,
    ) -> list[Path]:
        """Write a timeline to a file, a folder (one file per video) or, for None, stdout.

        timeline: one of `pipelines.export.timelines`, else that of `videos`, else of all. clock:
        put before every text. What was left out, and how many media files are where the export
        says, is reported to `progress`. All videos in one file of JSON Lines are the whole library,
        from which `restore` makes it again.
        """
        from pipelines.export.timelines import Timelines
        from pipelines.export.write import export, is_folder, mapped
        from vidindex.adapters.exporters import by_name, by_suffix
        from vidindex.core.timing.event_timestamps import with_timestamps

        target = Path(output).expanduser() if output is not None else None
        wanted = format_name or (target.suffix if target else "")
        if not wanted:
            raise InputError("the export has no format", "name one: --format json")
        narrowed = bool(timeline or videos or path_maps or clock)
        if wanted.lower() in ("jsonl", ".jsonl") and not (narrowed or is_folder(target)):
            return self._archive(target)
        if wanted.lower() in ("html", ".html"):
            exporter = build_page(self.library, self.settings, progress or Quiet())
        else:
            exporter = by_name(format_name) if format_name else by_suffix(Path(str(target)))
        made, media = mapped(timeline or Timelines(self.library).of_videos(videos), path_maps)
        written = export(with_timestamps(made, clock) if clock else made, exporter, target)
        for note in (*made.notes, *map(str, media)):
            (progress or Quiet()).note(note)
        return written

    def _archive(self, target: Path | None) -> list[Path]:
        from pipelines.atomic_write import write_whole

        writer = build_archive(self.library)
        if target is None:
            writer.write(sys.stdout)
            return []
        write_whole(target, writer.write)
        return [target]

    def export_hits(
        self,
        result: SearchResult,
        output: str | Path,
        *,
        path_maps: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> list[Path]:
        """Write the hits of an answer as a timeline, best first; its format is by the suffix."""
        from pipelines.export.timelines import Timelines
        from vidindex.core.formatting.path_maps import parse_path_map

        timeline = Timelines(self.library).of_moments(result.moments, result.query.title)
        maps = [parse_path_map(text) for text in path_maps]
        return self.export(output, timeline=timeline, path_maps=maps, progress=progress)

    def save_pictures(
        self,
        result: SearchResult,
        folder: str | Path,
        *,
        box: bool = False,
        progress: Progress | None = None,
    ) -> list[Path]:
        """Write the frame that shows each hit into `folder`; box: what was asked for, outlined.

        What has no picture, and why, is reported to `progress`.
        """
        from pipelines.evidence.boxes import pictures_of
        from pipelines.hit_pictures import save_pictures
        from vidindex.adapters.media.stills import jpeg

        pictured = pictures_of(self.library, self.services, result, box=box, strip=False)
        return save_pictures(pictured, Path(folder).expanduser(), jpeg, progress or Quiet())

    def report(
        self,
        result: "SearchResult | Answer",
        path: str | Path,
        *,
        box: bool = False,
        progress: Progress | None = None,
    ) -> Path:
        """Write the printable sheet of an answer: one HTML file with pictures and file hashes.

        The files that the answer rests on are read whole: those of its candidates; where
        nothing was found, all that were searched. An answer to a question is written with its
        sentences, how the question was read, and every step.
        """
        from pipelines.atomic_write import write_whole
        from pipelines.evidence.answer_sheet import AnswerSheetBuilder
        from vidindex.adapters.media.stills import jpeg
        from vidindex.adapters.media.verified_open import open_file
        from vidindex.adapters.reports import write
        from vidindex.core.answering.answers import Answer, as_shown, step_line
        from vidindex.core.answering.citations import with_cites
        from vidindex.core.answering.question_words import looked_for

        target = Path(path).expanduser()
        if not target.parent.is_dir():
            raise InputError(f"no folder {target.parent} to write {target.name} into", "make it")
        shown = progress or Quiet()
        builder = AnswerSheetBuilder(self.library, self.services, open_file, shown, box)
        now, release = datetime.now().astimezone(), version("vidindex")
        if isinstance(result, Answer):
            cited = as_shown(result)
            query = replace(cited.query, text=result.asked.question)
            sheet = replace(
                builder.build(replace(cited, query=query), now, release),
                sentences=tuple(map(with_cites, result.sentences)),
                looked_for=looked_for(result.asked).removeprefix("looked for "),
                steps=tuple(map(step_line, result.steps)),
            )
        else:
            sheet = builder.build(result, now, release)
        write_whole(target, lambda stream: write(sheet, jpeg, stream))
        return target

    def clip(
        self,
        hits: "Sequence[str | SavedHit | tuple[str, Span]]",
        output: str | Path,
        *,
        copy: bool = False,
        handles_s: float = 0.0,
        reel: bool = False,
        burn_in: bool = False,
        force: bool = False,
        progress: Progress | None = None,
    ) -> "list[Clip]":
        """Write hits as clips into a folder, or into one file (`clip.mp4`).

        hits: named as for `hits`, or values, or (video_id, span). A clip is exact, its length
        and pictures checked against the source, or it is not there and its `problem` says why.
        copy: keyframe cuts without encoding; `holds` says what they show. reel: all into one
        file. burn_in: media time, wall clock and timecode in the pictures. force: overwrite.
        """
        from pipelines.clips.clipper import Clipper, ClipStyle
        from pipelines.clips.reel import ReelMaker

        services, reporter = build_clip_services(self.settings), progress or Quiet()
        maker = (ReelMaker if reel else Clipper)(self.library, services, reporter)
        style = ClipStyle(copy, handles_s, burn_in, force)
        return maker.make(self._meant(hits), Path(output).expanduser(), style)

    def _meant(self, hits: "Sequence[str | SavedHit | tuple[str, Span]]") -> list[SavedHit]:
        """The hits, each once."""
        meant: dict[SavedHit, None] = {}
        for hit in hits:
            if isinstance(hit, str):
                meant.update(dict.fromkeys(self.hits([hit])))
            elif isinstance(hit, SavedHit):
                meant[hit] = None
            else:
                meant[SavedHit(Query(""), 0, *hit, "", "unchecked", None)] = None
        return list(meant)

    def evidence(
        self,
        hits: Sequence[str],
        folder: str | Path,
        *,
        clips: bool = False,
        progress: Progress | None = None,
    ) -> "PackageResult":
        """Pack the whole originals of hits, named as for `hits`, with all that is known of them.

        clips: with an exact clip of each hit, labelled as derived.
        `pipelines.evidence.verify.check_package` verifies what this has made, without a library.
        """
        make = build_package(self.library, self.settings, progress or Quiet())
        target = Path(folder).expanduser()
        made_at, release = datetime.now().astimezone(), version("vidindex")
        return make.make(self.hits(hits), target, made_at, release, clips=clips)
