"""Store calibrations, one per judge."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

from sqlite_utils import Database

from store.sqlite.encoding import dump
from vidindex.core.retrieval.calibration import Calibration, Curve, Measured


class Calibrations:
    """What the scores of each model are worth, with its prompts and its frame budget."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, calibration: Calibration) -> None:
        """Store a calibration in place of the judge's earlier one."""
        self._db.execute(
            "INSERT OR REPLACE INTO calibrations VALUES (?, ?, ?)",
            [calibration.judge, dump(asdict(calibration)), datetime.now(UTC).isoformat()],
        )

    def get(self, judge: str) -> Calibration | None:
        """The calibration of this very judge, or None where it has none."""
        row = self._db.execute(
            "SELECT calibration FROM calibrations WHERE judge = ?", [judge]
        ).fetchone()
        return None if row is None else _calibration(row[0])

    def all(self) -> list[Calibration]:
        """Every calibration, by judge."""
        rows = self._db.execute("SELECT calibration FROM calibrations ORDER BY judge")
        return [_calibration(text) for (text,) in rows]


def _calibration(text: str) -> Calibration:
    fields = json.loads(text)
    curve = fields["curve"]
    fields |= {
        "curve": curve and Curve(curve["method"], tuple((x, y) for x, y in curve["points"])),
        "absent_best": {name: tuple(best) for name, best in fields["absent_best"].items()},
        "measured": {name: Measured(**one) for name, one in fields["measured"].items()},
    }
    return Calibration(**fields)
