"""Sessions of browsers, refused logins and connections: bounded, folded, and not the token."""

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.library_assets import add_video, video
from support.processes import run_to_end
from support.web_assets import served, wait_for

from store import Library
from store.audit_log import AuditLog
from vidindex.app import Settings
from vidindex.errors import LibraryError
from vidindex.web import connections, sessions
from vidindex.web.access import MAX_LOGGED, MAX_REFUSED, RefusedLogins
from vidindex.web.clients import Client
from vidindex.web.connections import network_of
from vidindex.web.sessions import Sessions
from vidindex.web.state import ServerOptions
from vidindex.web.tokens import Tokens

PLAIN = Settings(model="none")
TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "6.6.6.6, 203.0.113.9"}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    with Library.open(tmp_path / "library", create=True) as opened:
        add_video(opened, video("a" * 32), "cam1/film.mp4")
    return tmp_path / "library"


@pytest.fixture
def client(library: Path) -> Iterator[httpx.Client]:
    with served(ServerOptions(library, PLAIN, needs_token=True)) as opened:
        yield opened


def log(library: Path) -> list[dict[str, Any]]:
    lines = (library / "audit.log").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def status(client: httpx.Client) -> int:
    return client.get("/api/status").status_code


def test_a_session_ends_with_logout_with_its_token_and_with_time(
    client: httpx.Client, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = Tokens(library).add("anna")

    def log_in() -> None:
        client.cookies.clear()
        assert client.post("/api/login", json={"token": token}).status_code == 200
        assert status(client) == 200

    log_in()
    stolen = dict(client.cookies)
    assert client.post("/api/logout").status_code == 200
    assert not client.cookies
    client.cookies.update(stolen)
    assert status(client) == 401
    log_in()
    Tokens(library).remove("anna")
    assert status(client) == 401
    token = Tokens(library).add("anna")
    monkeypatch.setattr(sessions, "SESSION_S", -1)
    assert client.post("/api/login", json={"token": token}).status_code == 200
    assert status(client) == 401
    assert [line["what"] for line in log(library)] == ["login", "logout", "login", "login"]


def test_session_ids_are_kept_as_hashes_and_few_for_each_token(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MAX_OF_TOKEN", 3)
    token, other = Tokens(library).add("anna"), Tokens(library).add("ben")
    kept = Sessions(library)
    bens = kept.begin(other)
    ids = [kept.begin(token) for _ in range(5)]
    assert [kept.owner(one) for one in ids] == [None, None, "anna", "anna", "anna"]
    assert kept.owner(bens) == "ben"
    text = (library / "sessions.json").read_text(encoding="utf-8")
    assert not any(one in text for one in (*ids, token, bens))
    assert (library / "sessions.json").stat().st_mode & 0o777 == 0o600


def test_behind_a_named_proxy_with_tls_the_cookie_is_secure_and_of_this_host(
    library: Path,
) -> None:
    token = {"token": Tokens(library).add("anna")}
    options = ServerOptions(library, PLAIN, needs_token=True, proxies=("127.0.0.1",))
    with served(options) as client:
        cookie = client.post("/api/login", json=token, headers=TLS).headers["set-cookie"]
        assert cookie.startswith("__Host-vidindex=")
        assert "; Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        sent = {"Cookie": cookie.partition(";")[0]}
        assert client.get("/api/status", headers=TLS | sent).status_code == 200
        client.post("/api/login", json={"token": "wrong"}, headers=TLS)
    assert log(library)[-1]["address"] == "203.0.113.9"


def test_what_others_say_of_tls_is_not_believed(client: httpx.Client, library: Path) -> None:
    token = {"token": Tokens(library).add("anna")}
    cookie = client.post("/api/login", json=token, headers=TLS).headers["set-cookie"]
    assert cookie.startswith("vidindex=")
    assert "Secure" not in cookie


def test_wrong_tokens_are_folded_in_the_log_and_a_right_one_still_opens(
    client: httpx.Client, library: Path
) -> None:
    token = Tokens(library).add("anna")
    wrong = [client.post("/api/login", json={"token": f"guess {i}"}) for i in range(60)]
    assert {one.status_code for one in wrong} == {401, 429}
    assert wrong[-1].status_code == 429
    guessed = {"Authorization": "Bearer guess"}
    assert client.get("/api/status", headers=guessed).status_code == 429
    assert client.post("/api/login", json={"token": token}).status_code == 200
    assert status(client) == 200
    assert len(log(library)) == MAX_LOGGED + 1


def test_what_was_folded_is_one_line_with_its_number_when_the_minute_is_over() -> None:
    lines: list[tuple[str, dict[str, object]]] = []
    now_s = [100.0]
    refused = RefusedLogins(
        lambda _, what, **details: lines.append((what, details)), lambda: now_s[0]
    )
    for number in range(MAX_LOGGED + 30):
        refused.note(Client(f"10.0.0.{number % 3}", is_tls=False))
    assert len(lines) == MAX_LOGGED
    assert not refused.are_too_many(Client("10.0.0.9", is_tls=False))
    for _ in range(MAX_REFUSED):
        refused.note(Client("10.0.0.1", is_tls=False))
    assert refused.are_too_many(Client("10.0.0.1", is_tls=False))
    now_s[0] += 61
    assert not refused.are_too_many(Client("10.0.0.1", is_tls=False))
    assert lines[MAX_LOGGED:] == [("logins refused", {"count": 50, "addresses": 3})]


def test_half_open_connections_of_one_address_shut_nobody_out(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer = {"Authorization": f"Bearer {Tokens(library).add('anna')}"}
    monkeypatch.setattr(connections, "MAX_OF_ADDRESS", 20)
    with served(ServerOptions(library, PLAIN, needs_token=True)) as client, ExitStack() as stack:
        wires = [
            stack.enter_context(
                socket.create_connection((client.base_url.host, client.base_url.port or 0))
            )
            for _ in range(connections.MAX_OF_ADDRESS * 8)
        ]
        for wire in wires:
            wire.settimeout(10)
            wire.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert client.get("/api/status", headers=bearer).status_code == 200
        wait_for(lambda: _is_closed(wires[0]))


def _is_closed(wire: socket.socket) -> bool:
    try:
        return wire.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize(
    ("begun", "says"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"HTTP/1.1 408 "),
        (
            b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nX-Vidindex: 1\r\n"
            b"Content-Length: 50\r\n\r\n{",
            b"",
        ),
        (
            b"GET /page/api.js HTTP/1.1\r\nHost: localhost\r\n\r\nGET /page/api.js HT",
            b"HTTP/1.1 200 ",
        ),
    ],
)
def test_a_request_that_takes_too_long_to_arrive_is_ended(
    library: Path, monkeypatch: pytest.MonkeyPatch, begun: bytes, says: bytes
) -> None:
    monkeypatch.setattr(connections, "REQUEST_S", 0.5)
    with (
        served(ServerOptions(library, PLAIN, needs_token=True)) as client,
        socket.create_connection((client.base_url.host, client.base_url.port or 0)) as wire,
    ):
        wire.settimeout(10)
        wire.sendall(begun)
        begun_s, received = time.monotonic(), b""
        while more := wire.recv(65536):
            received += more
            assert time.monotonic() < begun_s + 10
        assert received.startswith(says)


def test_a_client_of_ipv6_is_its_network() -> None:
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::9")
    assert network_of("2001:db8:1:2::9") != network_of("2001:db8:1:3::9")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("fe80::1%eth0") == "fe80::/64"


FILL = """
import resource, signal, sys
from pathlib import Path
from store.audit_log import AuditLog
from vidindex.errors import LibraryError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
library = Path(sys.argv[1])
log = AuditLog(library)
log.write("anna", "search", q="first")
size = (library / "audit.log").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, resource.RLIM_INFINITY))
try:
    log.write("anna", "search", q="second")
except LibraryError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.write("anna", "search", q="third")
"""


@pytest.mark.skipif(os.name != "posix", reason="a limit that acts like a full disk is POSIX's")
def test_a_full_disk_leaves_no_half_line_and_later_lines_are_whole(tmp_path: Path) -> None:
    done = run_to_end([sys.executable, "-c", FILL, tmp_path])
    assert "the log cannot be written" in done.stdout
    assert [line["q"] for line in log(tmp_path)] == ["first", "third"]


def test_half_a_line_that_a_crash_left_is_gone_before_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "audit.log").write_text('{"q": "whole"}\n{"q": "ha', encoding="utf-8")
    AuditLog(tmp_path).write("anna", "search", q="next")
    assert [line["q"] for line in log(tmp_path)] == ["whole", "next"]
    (tmp_path / "audit.log").write_text("x" * 10_000, encoding="utf-8")
    AuditLog(tmp_path).write("anna", "search", q="next")
    assert [line["q"] for line in log(tmp_path)] == ["next"]
    with pytest.raises(LibraryError):
        AuditLog(tmp_path / "nowhere").write("anna", "search")
