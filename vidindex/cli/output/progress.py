"""Show progress on the terminal: fraction, rate and ETA on stderr, with tqdm."""

import sys
from typing import Any

from vidindex.cli.output.echo import echo
from vidindex.core.formatting.terminal import one_line


class TerminalProgress:
    """A `pipelines.progress.Progress` that draws one bar per pass."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: Any = None

    def start(self, stage: str, total: float, unit: str) -> None:
        from tqdm import tqdm

        self.finish()
        self._bar = tqdm(
            total=max(total, 1e-9),
            desc=f"{stage:<12}",
            unit=unit,
            disable=self._quiet,
            file=sys.stderr,
            leave=False,
            dynamic_ncols=True,
            mininterval=0.5,
            bar_format="{desc} {percentage:3.0f}% |{bar}| {n:.0f}/{total:.0f} {unit} "
            "[{elapsed}<{remaining}] {postfix}",
        )

    def advance(self, amount: float, name: str) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(one_line(name), refresh=False)
            self._bar.update(amount)

    def note(self, message: str) -> None:
        if self._quiet:
            return
        from tqdm import tqdm

        with tqdm.external_write_mode(file=sys.stderr):
            echo(message, err=True)

    def finish(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
