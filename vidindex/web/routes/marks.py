"""Read and write marks on hits, as named sets."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Path, Response

from vidindex.app import App
from vidindex.errors import InputError
from vidindex.types import Mark, Span
from vidindex.web.errors import HttpError
from vidindex.web.schemas import Done, MarkBody, MarkSet, Name, answer
from vidindex.web.state import State

router = APIRouter(prefix="/api/marks", tags=["marks"])


@router.get("", response_model=list[Mark])
async def marks(state: State, set: Name | None = None) -> Response:  # noqa: A002
    """Every mark, or those of one set."""
    return answer(await state.read(lambda app: app.marks(set)))


@router.get("/sets", response_model=list[MarkSet])
async def sets(state: State) -> Response:
    """The sets by name, with the number of their marks."""
    found = Counter(mark.label_set for mark in await state.read(lambda app: app.marks()))
    return answer([MarkSet(name, count) for name, count in sorted(found.items())])


@router.post("", response_model=Mark)
async def mark(state: State, body: MarkBody) -> Response:
    """Keep, reject or note a hit; a mark on the same hit in the same set is replaced."""
    if not body.start_s < body.end_s:
        raise InputError("the mark ends before it starts", "start_s must be less than end_s")
    span = Span(body.start_s, body.end_s)
    wanted = Mark(body.query, body.video_id, span, body.answer, body.note, body.set)
    return answer(await state.write(lambda app: app.add_mark(wanted)))


@router.delete("/{mark_id}", response_model=Done)
async def remove(state: State, mark_id: Annotated[int, Path(ge=0, lt=2**63)]) -> Response:
    """Forget a mark."""

    def forget(app: App) -> None:
        if mark_id not in {one.mark_id for one in app.marks()}:
            raise HttpError(404, f"unknown mark {mark_id}", "see /api/marks")
        app.remove_marks([mark_id])

    await state.write(forget)
    return answer(Done())
