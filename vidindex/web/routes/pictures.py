"""Take pictures to search by: each is turned into a vector, and not kept."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from vidindex.web.errors import HttpError
from vidindex.web.examples import embed_picture
from vidindex.web.schemas import SentPicture, answer
from vidindex.web.state import State, User

router = APIRouter(prefix="/api", tags=["search"])

_BODY = {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}


@router.post(
    "/pictures",
    response_model=SentPicture,
    openapi_extra={"requestBody": _BODY | {"required": True}},
)
async def send(
    state: State,
    user: User,
    request: Request,
    region: Annotated[str | None, Query(max_length=60)] = None,
) -> Response:
    """A picture to search by, as the body; `like=picture:ID` of a search then names it.

    region: `x,y,width,height`, shares of the picture where all four are up to 1, else pixels.
    """
    state.require_by_example()
    content = await request.body()
    if not content:
        raise HttpError(400, "the request has no picture", "send a JPEG or PNG file as its body")
    found = await state.search_pool.run(lambda app: embed_picture(app, content, region))
    state.audit.write(user, "picture", sha256=found.example.sha256, region=region)
    return answer(SentPicture(state.pictures.keep(found), found.example.sha256))
