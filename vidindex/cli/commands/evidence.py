"""`vidindex evidence`: pack originals with the records of their hits, or check a package."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vidindex.cli.main import EXIT_DONE, EXIT_SOME_FAILED
from vidindex.cli.options import json_option, library_option
from vidindex.cli.output.echo import echo
from vidindex.cli.output.tables import print_json
from vidindex.core.formatting.counts import counted
from vidindex.core.formatting.to_json import jsonable

if TYPE_CHECKING:
    from pipelines.evidence.package import PackageResult
    from pipelines.evidence.verify import PackageCheck


@click.command("evidence")
@click.argument("hits", nargs=-1, metavar="[HIT]...")
@library_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="A new folder."
)
@click.option(
    "--clips",
    is_flag=True,
    help="Also an exact clip of each HIT, re-encoded and labelled as derived.",
)
@click.option(
    "--check",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Verify a package instead: every hash, and that nothing is missing or was added.",
)
@json_option
def command(
    hits: tuple[str, ...],
    library: Path,
    output: Path | None,
    clips: bool,
    check: Path | None,
    as_json: bool,
) -> int:
    """Pack the whole originals of HITs with their verdicts, clocks, gaps and SHA-256.

    HIT is a number in the last answer (3), some of them (1-3), all, or a stretch of a file
    (film.mp4@01:23-01:40). Originals are copied bit for bit and read back; pictures, clips and
    the sheet are derived from them. A run that is interrupted is finished by the same command.

    --check needs neither the library nor the originals.
    """
    from vidindex.cli.output.progress import TerminalProgress

    if check:
        if hits or output or clips:
            raise click.UsageError("--check takes a package alone: leave HIT, -o, --clips out")
        from pipelines.evidence.verify import check_package

        return _show_check(check_package(check, TerminalProgress()), as_json=as_json)
    if not hits or output is None:
        raise click.UsageError("name hits and a folder: vidindex evidence 1-3 -o FOLDER")
    from vidindex.app import Settings, open_library
    from vidindex.cli.output.audit import log_hits

    with open_library(library, Settings(model="none"), write=False) as app:
        log_hits(app, "evidence", hits)
        made = app.evidence(hits, output, clips=clips, progress=TerminalProgress())
        return _show(made, as_json=as_json)


def _show(made: "PackageResult", *, as_json: bool) -> int:
    package = made.package
    packed = [one.file for one in package.originals if one.file]
    without = [one for one in package.originals if not one.file]
    clips = {number: hit.clip for number, hit in enumerate(package.hits, start=1) if hit.clip}
    not_cut = {number: one.clip.problem for number, one in clips.items() if not one.file}
    cut = len(clips) - len(not_cut)
    if as_json:
        print_json(
            {
                "folder": made.folder,
                "hits": len(package.hits),
                "files": package.files,
                "not_packed": {one.name: one.problem for one in without},
                "clips": cut,
                "not_cut": {str(number): problem for number, problem in not_cut.items()},
                "seal": made.seal,
            }
        )
    else:
        size_mb = sum(file.size_bytes for file in packed) / 1e6
        of_clips = f", {cut} of {counted(len(clips), 'clip')}" if clips else ""
        echo(
            f"{made.folder}: {counted(len(package.hits), 'hit')}, {len(packed)} of "
            f"{len(package.originals)} originals, {size_mb:,.1f} MB{of_clips}"
        )
        echo(f"seal {made.seal}  (SHA-256 of SHA256SUMS; keep it apart from the package)")
    return EXIT_SOME_FAILED if without or not_cut else EXIT_DONE


def _show_check(found: "PackageCheck", *, as_json: bool) -> int:
    if as_json:
        print_json({**jsonable(found), "sound": found.sound})
    else:
        _print_check(found)
    return EXIT_DONE if found.sound else EXIT_SOME_FAILED


def _print_check(found: "PackageCheck") -> None:
    from vidindex.core.formatting.terminal import one_line

    for what, names in (
        ("missing", found.missing),
        ("changed", found.changed),
        ("extra", found.extra),
        ("problem", found.problems),
        ("note", found.notes),
    ):
        for name in names:
            echo(f"{what}: {one_line(name)}")
    verdict = "as it was packed" if found.sound else "NOT as it was packed"
    size_mb = found.num_bytes / 1e6
    echo(f"{found.folder}: {counted(found.num_files, 'file')}, {size_mb:,.1f} MB, {verdict}")
    if found.seal:
        echo(f"seal {found.seal}  (compare it with the one you were given)")
