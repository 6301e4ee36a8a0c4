"""The server serves its own page and its user, and nobody else, and nothing but the library."""

import json
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.library_assets import add_video, video
from support.web_assets import OWN, served

from store import Library
from store.audit_log import AuditLog
from vidindex.app import Settings
from vidindex.cli.main import run_command
from vidindex.errors import InputError, LibraryError
from vidindex.web.middleware import LOOPBACK, MAX_BODY_BYTES, MAX_QUERY_BYTES
from vidindex.web.state import ServerOptions
from vidindex.web.tokens import Tokens

A = "a" * 32
PLAIN = Settings(model="none")
MARK = {"query": "a tree", "video_id": A, "start_s": 1, "end_s": 2, "answer": "keep"}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("safe") / "library"
    with Library.open(path, create=True) as opened:
        add_video(opened, video(A), "cam1/film.mp4")
    return path


@pytest.fixture(scope="module")
def client(library: Path) -> Iterator[httpx.Client]:
    with served(ServerOptions(library, PLAIN)) as opened:
        yield opened


@pytest.fixture(scope="module")
def guarded(library: Path) -> Iterator[httpx.Client]:
    """A server that others can reach."""
    serving = ServerOptions(library, PLAIN, needs_token=True, hosts=("watch.example",))
    with served(serving) as opened:
        yield opened


def raw(client: httpx.Client, request: bytes) -> bytes:
    """What the server answers to these very bytes."""
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as wire:
        wire.settimeout(10)
        wire.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer and (more := wire.recv(65536)):
            answer += more
        return answer


@pytest.mark.parametrize("host", [*LOOPBACK[:2], "LOCALHOST:99", "[::1]:8765"])
def test_loopback_names_are_served(client: httpx.Client, host: str) -> None:
    assert client.get("/api/status", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "192.168.1.5", "localhost@evil", "", "[", ":"],
)
def test_a_foreign_name_for_this_machine_is_refused(client: httpx.Client, host: str) -> None:
    for path in ("/", "/api/status", "/page/index.html"):
        assert client.get(path, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_pages_of_other_sites_are_refused(client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.get("/api/status", headers=headers).status_code == 403
    assert client.post("/api/marks", json=MARK, headers=headers).status_code == 403


def test_a_link_from_elsewhere_opens_the_page_and_nothing_else(client: httpx.Client) -> None:
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", headers=linked).status_code == 200
    assert client.get("/page/index.html", headers=linked).status_code == 403


def test_our_own_page_is_let_in(client: httpx.Client) -> None:
    own = str(client.base_url).rstrip("/")
    headers = {"Origin": own, "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/marks", json=MARK, headers=headers).status_code == 200


def test_what_changes_anything_needs_a_header_that_no_form_can_send(client: httpx.Client) -> None:
    with httpx.Client(base_url=client.base_url) as plain:
        assert plain.post("/api/marks", json=MARK).status_code == 403
        assert plain.delete("/api/marks/1").status_code == 403
        assert plain.post("/api/login", json={"token": "x"}).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/page/../server.py",
        "/page/..%2fserver.py",
        "/page/%2e%2e/server.py",
        "/page/....//server.py",
        "/page//etc/passwd",
        "/page/%2fetc%2fpasswd",
        "/page/..\\server.py",
        "/page/index.html%00.js",
        "/page/",
        "/../../../../etc/passwd",
        "//etc/passwd",
        "/api/videos/..%2f..%2flibrary.db/media",
        "/api/videos/%2e%2e/media",
        "/api/videos/library.db/media",
        "/api/videos/..%2flibrary.db/frame",
        "/proxies/x",
        "/library.db",
        "/audit.log",
    ],
)
def test_no_path_leads_out_of_the_page(client: httpx.Client, path: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    status = int(raw(client, head.encode()).split()[1])
    assert status in (400, 404, 422)


def test_every_response_keeps_browsers_from_guessing_framing_and_telling(
    client: httpx.Client,
) -> None:
    refused = client.get("/api/status", headers={"Host": "evil.example"})
    for response in (client.get("/"), client.get("/api/status"), client.get("/nothing"), refused):
        policy = response.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "server" not in response.headers
        assert "access-control-allow-origin" not in response.headers


def test_too_much_is_refused(client: httpx.Client) -> None:
    big = b"x" * (MAX_BODY_BYTES + 1)
    sent = {"Content-Type": "application/json"}
    assert client.post("/api/marks", content=big, headers=sent).status_code == 413
    # Without a length that could be believed.
    assert client.post("/api/marks", content=iter([big]), headers=sent).status_code == 413
    assert client.get("/api/videos?text=" + "x" * MAX_QUERY_BYTES).status_code == 414
    assert client.get("/api/search", params={"q": "x" * 501}).status_code == 422
    assert client.get("/api/search", params={"q": "x", "limit": 10**9}).status_code == 422
    assert client.get(f"/api/videos/{A}/frame", params={"width": 10**6}).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"query": 1}',
        b"\xff\xfe",
        b"[" * 5000,
        json.dumps({**MARK, "query": "\ud800"}).encode(),
        json.dumps({**MARK, "query": " "}).encode(),
        json.dumps({**MARK, "end_s": float("nan")}).encode(),
        json.dumps({**MARK, "end_s": 1}).encode(),
        json.dumps({**MARK, "start_s": 1e6, "end_s": 2e6}).encode(),
        json.dumps({**MARK, "video_id": "b" * 32}).encode(),
        json.dumps({**MARK, "answer": "note"}).encode(),
    ],
)
def test_malformed_bodies_are_refused_with_a_reason_and_no_traceback(
    client: httpx.Client, body: bytes
) -> None:
    before = client.get("/api/marks").json()
    response = client.post("/api/marks", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert set(response.json()) == {"error", "hint"}
    assert response.json()["error"]
    assert "Traceback" not in response.text
    assert client.get("/api/marks").json() == before


@pytest.mark.parametrize(
    "request_", [b"\0\0\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nA" * 9000 + b"\r\n\r\n"]
)
def test_what_is_no_http_is_refused_and_the_server_lives(
    client: httpx.Client, request_: bytes
) -> None:
    assert b" 400 " in raw(client, request_).splitlines()[0]
    assert client.get("/api/status").status_code == 200


def test_others_need_a_token_for_everything_but_the_page(
    guarded: httpx.Client, library: Path
) -> None:
    secret = Tokens(library).add("anna")
    assert guarded.get("/").status_code == 200
    paths = ("/api/status", "/api/openapi.json", f"/api/videos/{A}/media", "/api/search?q=x")
    for path in paths:
        assert guarded.get(path).status_code == 401
        for wrong in ("Bearer", f"Bearer {secret[:-1]}", f"Basic {secret}", f"Bearer {secret}x"):
            assert guarded.get(path, headers={"Authorization": wrong}).status_code == 401
    status = guarded.get("/api/status", headers={"Authorization": f"Bearer {secret}"}).json()
    assert (status["user"], status["needs_token"]) == ("anna", True)
    Tokens(library).remove("anna")
    gone = guarded.get("/api/status", headers={"Authorization": f"Bearer {secret}"})
    assert gone.status_code == 401


def test_a_token_can_be_traded_for_a_cookie_that_scripts_and_other_sites_cannot_use(
    guarded: httpx.Client, library: Path
) -> None:
    secret = Tokens(library).add("ben")
    assert guarded.post("/api/login", json={"token": "guess"}).status_code == 401
    with httpx.Client(base_url=guarded.base_url, headers=OWN) as browser:
        cookie = browser.post("/api/login", json={"token": secret}).headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert secret.lower() not in cookie
        assert browser.get("/api/status").json()["user"] == "ben"
    whats = [line["what"] for line in log(library)]
    assert whats[-2:] == ["login refused", "login"]


def test_with_tokens_a_machine_goes_by_its_names_and_numbers(guarded: httpx.Client) -> None:
    names = {"watch.example": 200, "192.168.1.5:8765": 200, "[fe80::1]": 200, "evil.example": 403}
    for host, status in names.items():
        assert guarded.get("/", headers={"Host": host}).status_code == status


def test_tokens_are_kept_as_hashes_that_only_the_owner_reads(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    secret = tokens.add("anna")
    assert tokens.owner(secret) == "anna"
    assert tokens.owner("") is None
    assert tokens.owner("\ud800") is None
    assert secret not in (tmp_path / "tokens.json").read_text(encoding="utf-8")
    assert (tmp_path / "tokens.json").stat().st_mode & 0o777 == 0o600
    for name in ("anna", " ", "a\nb"):
        with pytest.raises(InputError):
            tokens.add(name)
    with pytest.raises(InputError):
        tokens.remove("ben")
    (tmp_path / "tokens.json").write_text("{", encoding="utf-8")
    with pytest.raises(LibraryError):
        tokens.owner(secret)


def test_tokens_by_command(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--library", str(library)]
    assert run_command(["tokens", "add", "night shift", *where]) == 0
    secret = capsys.readouterr().out.strip()
    assert Tokens(library).owner(secret) == "night shift"
    assert run_command(["tokens", "list", *where, "--json"]) == 0
    assert secret not in capsys.readouterr().out
    assert run_command(["tokens", "remove", "night shift", *where]) == 0
    assert Tokens(library).owner(secret) is None
    assert run_command(["tokens", "add", "x", "--library", str(library / "none")]) == 2


def test_another_address_is_refused_while_nobody_has_a_token(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Library.open(tmp_path / "library", create=True).close()
    words = ["serve", "--library", str(tmp_path / "library"), "--model", "none"]
    assert run_command([*words, "--host", "0.0.0.0"]) == 2
    assert "vidindex tokens add" in capsys.readouterr().err


def test_lines_of_the_log_are_only_ever_added_and_never_torn(tmp_path: Path) -> None:
    def write(who: int) -> None:
        log = AuditLog(tmp_path)
        for count in range(100):
            log.write(str(who), "search", q="x" * count, line="\n\u2028")

    (tmp_path / "audit.log").write_text('{"what": "first"}\n', encoding="utf-8")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    lines = log(tmp_path)
    assert lines[0] == {"what": "first"}
    assert [sum(one.get("who") == str(who) for one in lines) for who in range(4)] == [100] * 4


def test_what_cannot_be_logged_is_not_done(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="cannot be written"):
        AuditLog(tmp_path / "nowhere").write("anna", "search")


def test_a_server_that_only_reads_takes_no_marks(library: Path) -> None:
    with served(ServerOptions(library, PLAIN, read_only=True)) as client:
        before = client.get("/api/marks").json()
        assert client.get("/api/status").json()["writable"] is False
        assert client.post("/api/marks", json=MARK).status_code == 403
        assert client.delete("/api/marks/1").status_code == 403
        assert client.post("/api/ingest", json={"paths": [os.sep]}).status_code == 403
        assert client.get("/api/marks").json() == before


def log(library: Path) -> list[dict[str, Any]]:
    lines = (library / "audit.log").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
