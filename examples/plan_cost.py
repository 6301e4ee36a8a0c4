"""Print what an ingest would cost, before it: `python examples/plan_cost.py FOLDER...`."""

import sys

from vidindex.app import plan


def main(folders: list[str]) -> None:
    planned = plan(folders)
    cost = planned.estimate
    print(f"{cost.num_videos} videos, {cost.duration_s / 60:.1f} min")
    print(f"{cost.asked} chunks for the model ({planned.model}), {cost.continued} still ones")
    print(f"{cost.frames} frames, {cost.vision_tokens + cost.text_tokens} tokens")
    for failure in planned.failures:
        print(f"cannot be planned: {failure}")


if __name__ == "__main__":
    main(sys.argv[1:])
