"""A watch whose clock moves only when it is told to; footage, library and command are real."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.ingest.stages import Stage
from pipelines.progress import Quiet
from pipelines.services import Services
from pipelines.watch.run import Watch, WatchOptions
from store import Library
from vidindex.composition import build_services, build_stages
from vidindex.settings import Settings

Kit = tuple[Services, tuple[Stage, ...]]


def kit_of(settings: Settings) -> Kit:
    services = build_services(settings)
    return services, build_stages(services, settings)


@dataclass
class Watched:
    """A watch over a folder whose clock only moves when it is told to, and all that it tells."""

    folder: Path
    library: Path
    services: Services
    stages: tuple[Stage, ...]
    now_s: float = 0.0
    told: list[tuple[str, str]] = field(default_factory=list)
    stops_at: str = ""

    def start(self, **options: object) -> Watch:
        """A watch as after a start of the program; it shares only the library with the last."""
        Library.open(self.library, create=True).close()
        chosen = WatchOptions(**{"settle_s": 10.0, "every_s": 5.0, **options})  # type: ignore[arg-type]
        return Watch(
            Library.open(self.library),
            self.writer(),
            self.services,
            self.stages,
            [self.folder],
            chosen,
            self.tell,
            Quiet(),
            clock=lambda: self.now_s,
            sleep=self.sleep,
        )

    def tell(self, what: str, message: str, **_: object) -> None:
        """Take note; where it is what the watch is to be interrupted at, interrupt it."""
        if what == self.stops_at:
            raise KeyboardInterrupt
        self.told.append((what, message))

    def writer(self) -> Callable[[], AbstractContextManager[Library]]:
        return lambda: Library.open(self.library, write=True)

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def rounds(self, watch: Watch, count: int) -> None:
        """So many rounds of a watch that is never interrupted, with the time between them."""
        for _ in range(count):
            while watch.step():
                pass
            self.sleep(watch.options.every_s)

    def messages(self, what: str) -> list[str]:
        return [message for kind, message in self.told if kind == what]

    def names(self) -> list[str]:
        """What the library knows to be there."""
        with Library.open(self.library) as library:
            return sorted(place.path.name for place in library.videos.present_below(self.folder))

    def events(self) -> list[int | None]:
        with Library.open(self.library) as library:
            videos = library.videos.all()
            return [e.event_id for v in videos for e in library.events.of_video(v.video_id)]
