"""Build the wheel, install it into an empty environment, and do the main job there.

Run by `make wheel`. What the checkout has and the wheel lacks (a package, the
bundled model, a migration) shows here and nowhere else.
"""

import sys
import tempfile
import venv
from pathlib import Path

from support.processes import run_to_end

CHECKOUT = Path(__file__).resolve().parents[1]

WITHIN_S = 900.0
"""How long one command may take, of those that download packages."""


def said_by(*words: str | Path, cwd: Path) -> str:
    """What a command wrote; AssertionError, with it, where it failed or took too long."""
    return run_to_end(words, bound_s=WITHIN_S, cwd=cwd).stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        said_by(sys.executable, "-m", "build", "--outdir", scratch, CHECKOUT, cwd=scratch)
        (wheel,) = scratch.glob("*.whl")
        venv.create(scratch / "env", with_pip=True)
        python = scratch / "env" / "bin" / "python"
        pinned: list[str | Path] = ["-q", "-c", CHECKOUT / "constraints.txt"]
        pip: list[str | Path] = [python, "-m", "pip", "install", *pinned]
        said_by(*pip, "torch", cwd=scratch)
        said_by(*pip, f"{wheel}[cpu,offline]", cwd=scratch)
        vidindex = scratch / "env" / "bin" / "vidindex"
        sys.stdout.write(said_by(vidindex, "--version", cwd=scratch))
        said_by(vidindex, "demo", "--quick", "--output", scratch / "demo", cwd=scratch)
        sys.stdout.write(f"{wheel.name} does the main job in an empty environment\n")


if __name__ == "__main__":
    main()
