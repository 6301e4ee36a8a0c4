"""Build the wheel, install it into an empty environment, and do the main job there.

Run by `make wheel`. What the checkout has and the wheel lacks (a package, the
bundled model, a migration) shows here and nowhere else.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def run(*command: str | Path, cwd: Path) -> str:
    """The command's output; its own message and code where it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        run(sys.executable, "-m", "build", "--outdir", scratch, CHECKOUT, cwd=scratch)
        (wheel,) = scratch.glob("*.whl")
        venv.create(scratch / "env", with_pip=True)
        python = scratch / "env" / "bin" / "python"
        pinned: list[str | Path] = ["-q", "-c", CHECKOUT / "constraints.txt"]
        pip: list[str | Path] = [python, "-m", "pip", "install", *pinned]
        run(*pip, "torch", cwd=scratch)
        run(*pip, f"{wheel}[cpu,offline]", cwd=scratch)
        vidindex = scratch / "env" / "bin" / "vidindex"
        sys.stdout.write(run(vidindex, "--version", cwd=scratch))
        run(vidindex, "demo", "--quick", "--output", scratch / "demo", cwd=scratch)
        sys.stdout.write(f"{wheel.name} does the main job in an empty environment\n")


if __name__ == "__main__":
    main()
