"""A model hub of one repository on a local port: as much of its protocol as a download needs."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def serve_hub(name: str, folder: Path, licence: str) -> Iterator[str]:
    """Serve the files of `folder` as repository `name`; yields the hub's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

        def _answer(self, *, with_body: bool) -> None:
            path = self.path.split("?")[0]
            file = folder / path.rpartition("/")[2]
            if path.startswith(f"/api/models/{name}/tree/"):
                body = json.dumps([_entry(one) for one in sorted(folder.iterdir())]).encode()
            elif path in {f"/api/models/{name}", f"/api/models/{name}/revision/main"}:
                body = json.dumps(_info(name, folder, licence)).encode()
            elif path.startswith(f"/{name}/resolve/") and file.is_file():
                body = file.read_bytes()
            else:
                self.send_response(404)
                self.send_header("X-Error-Code", "RepoNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _info(name: str, folder: Path, licence: str) -> dict[str, Any]:
    return {
        "id": name,
        "sha": COMMIT,
        "config": {"model_type": json.loads((folder / "config.json").read_text())["model_type"]},
        "cardData": {"license": licence},
        "siblings": [{"rfilename": one.name} for one in sorted(folder.iterdir())],
    }


def _entry(file: Path) -> dict[str, Any]:
    body = file.read_bytes()
    digest = hashlib.sha1(f"blob {len(body)}\0".encode() + body).hexdigest()
    return {"type": "file", "path": file.name, "size": len(body), "oid": digest}
