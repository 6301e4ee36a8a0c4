"""Ask which shipped queries occur in the library, and calibrate with the others."""

from fastapi import APIRouter, Response

from pipelines.evaluate.auto_calibration import absent_queries
from vidindex.app import App
from vidindex.core.retrieval.calibration import Calibration
from vidindex.core.retrieval.null_queries import NULL_QUERIES
from vidindex.web.errors import HttpError
from vidindex.web.schemas import CalibrateBody, CalibrationStatus, Done, answer
from vidindex.web.state import ServerState, State, User

router = APIRouter(prefix="/api/calibration", tags=["search"])


@router.get("", response_model=CalibrationStatus)
async def status(state: State) -> Response:
    """The shipped queries, how far a calibration is, and what the last one measured."""
    running, known = state.calibrations, await _known(state)
    measured = known.measured.get("standard") if known else None
    return answer(
        CalibrationStatus(
            queries=list(NULL_QUERIES),
            occurs=list(running.occurring),
            running=running.running,
            done=running.done,
            total=running.total,
            failure=running.failure,
            measured=measured.line(known.measured_at) if known and measured else None,
        )
    )


@router.post("", response_model=Done, status_code=202)
async def start(state: State, user: User, body: CalibrateBody) -> Response:
    """Calibrate with the shipped queries, but for those that do occur, and with marks.

    It takes its turns in the queue of checks. Searches then show probabilities, once people
    have marked hits, and verify by the line that was drawn.
    """
    if state.options.read_only:
        raise HttpError(403, "this server only reads", "start it without --read-only")
    if await state.judge() is None:
        raise HttpError(409, "no vision model to calibrate", "start the server with --model")
    absent = absent_queries(body.occurs)
    marked = await state.read(_marked_queries)
    state.calibrations.start([*absent, *marked], body.occurs, body.max_false_alarms)
    state.audit.write(user, "calibrate", occurs=len(body.occurs))
    return answer(Done(), 202)


async def _known(state: ServerState) -> Calibration | None:
    judge = await state.judge()
    key = judge.key if judge else ""
    return await state.read(lambda app: app.library.calibrations.get(key))


def _marked_queries(app: App) -> list[str]:
    return sorted({mark.query for mark in app.marks() if mark.query and mark.answer != "note"})
