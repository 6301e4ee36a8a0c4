"""Whatever is sent, the web face answers as its OpenAPI description says, and never breaks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks
from support import clip_assets as clips
from support.web_assets import OWN, served

from vidindex.app import Settings, open_library
from vidindex.web.server import create_app
from vidindex.web.state import ServerOptions

PLAIN = Settings(model="none", ocr=False)
HELD = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder, clip = tmp_path_factory.mktemp("schema"), clips.make("hevc", tmp_path_factory)
    with open_library(folder / "library", PLAIN) as app:
        app.ingest(clip.path)
    with served(ServerOptions(folder / "library", PLAIN, ingest_roots=(folder,))) as opened:
        yield opened


@pytest.fixture(scope="module")
def video_id(client: httpx.Client) -> str:
    return str(client.get("/api/videos").json()["videos"][0]["video_id"])


# The stream of progress has no end.
described = create_app(ServerOptions(Path("nowhere"), PLAIN)).openapi()
api = schemathesis.openapi.from_dict(described).exclude(path="/api/progress")


@api.parametrize()
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_path_answers_as_it_is_described(
    case: schemathesis.Case[Any], client: httpx.Client, video_id: str
) -> None:
    parts = case.path_parameters or {}
    if len(str(parts.get("video_id", ""))) % 2:
        parts["video_id"] = video_id
    case.call_and_validate(base_url=str(client.base_url), headers=OWN, checks=HELD)
