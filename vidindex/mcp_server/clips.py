"""Write the clips that agents ask for into one folder, under generated names."""

from pathlib import Path

from pipelines.clips.clipper import clip_name
from vidindex.app import App
from vidindex.core.formatting.safe_filenames import path_key, unique_path
from vidindex.errors import MediaError
from vidindex.types import Span
from vidindex.types.clip import Clip


def write_clip(app: App, video_id: str, span: Span, folder: Path) -> Clip:
    """The clip; its name is like none that is there. Raises MediaError where it cannot be cut."""
    try:
        used = {path_key(one.name) for one in folder.iterdir()}
    except OSError as error:
        raise MediaError(f"the folder for clips: {error.strerror}", f"see {folder}") from error
    name = unique_path(clip_name(app.library.videos.name(video_id), span, 0, ".mp4"), used)
    (made,) = app.clip([(video_id, span)], folder / name)
    if made.path is None:
        raise MediaError(made.problem, "see: vidindex clip --help")
    return made
