from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import time

import pytest
from chalice.app import Chalice, Response

from chalicelib.access import keymint
from taxiway import local_server
from taxiway.access_log import log, shown
from taxiway.local_server import LocalServer
from taxiway.request_body import LONGEST_BODY

PLAIN = {"Content-Type": "application/json"}


def application():
    """Make a small application that says what it was asked."""
    app = Chalice(app_name="echo")

    @app.route("/taxii2", methods=["GET", "POST"], content_types=["*/*"])
    def echo():
        request = app.current_request
        body = {"body": request.raw_body.decode(), "headers": dict(request.headers)}
        query = request.query_params
        body["query"] = {name: query.getlist(name) for name in query or ()}
        return Response(json.dumps(body | {"context": request.context}), headers=PLAIN)

    @app.route("/taxii2/api/{name}", methods=["GET"], content_types=["*/*"])
    def named(name):
        return Response(json.dumps({"name": name}), headers=PLAIN)

    @app.route("/big", methods=["GET"], content_types=["*/*"])
    def big():
        return Response("x" * 100_000, headers={**PLAIN, "Vary": "Accept"})

    @app.route("/broken", methods=["GET"], content_types=["*/*"])
    def broken():
        return Response(object(), headers=PLAIN)

    @app.route("/slow", methods=["GET"], content_types=["*/*"])
    def slow():
        app.entered.set()
        assert app.leave.wait(20)
        return Response("{}", headers=PLAIN)

    app.entered, app.leave = threading.Event(), threading.Event()
    return app


@pytest.fixture(scope="module")
def server():
    server = LocalServer("127.0.0.1", 0)
    server.start(application())
    yield server
    server.stop()


@pytest.fixture
def client(server):
    client = Client(server.server_port)
    yield client
    client.close()


class Client:
    """A connection that sends what it is told, well-formed or not."""

    def __init__(self, port: int, *, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=20, source_address=(source, 0)
        )
        self.file = self.socket.makefile("rb")

    def close(self) -> None:
        self.file.close()
        self.socket.close()

    def ask(self, text: str, body: bytes = b"", *, method: str = "GET"):
        self.socket.sendall(text.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        return self.answer(method)

    def get(self, target: str, *headers: str, method: str = "GET"):
        lines = [f"{method} {target} HTTP/1.1", "Host: here", *headers]
        return self.ask("\n".join(lines), method=method)

    def answer(self, method: str = "GET"):
        status = self.file.readline()
        assert status.startswith(b"HTTP/1.1 "), status
        headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        length = 0 if method == "HEAD" else int(headers.get("content-length", 0))
        return int(status.split()[1]), headers, self.file.read(length)

    def is_closed_by_server(self) -> bool:
        return self.file.read(1) == b""


def test_event_is_that_of_a_stage(client):
    status, headers, body = client.get("/api/taxii2/?a=1&a=2&match[type]=x%2By")
    told = json.loads(body)
    assert status == 200
    assert told["context"]["path"] == "/api/taxii2/"
    assert told["context"]["stage"] == "api"
    assert told["context"]["resourcePath"] == "/taxii2"
    assert told["query"] == {"a": ["1", "2"], "match[type]": ["x+y"]}
    assert told["headers"]["host"] == "here"
    assert told["headers"]["x-forwarded-proto"] == "http"
    assert headers["date"].endswith("GMT")
    assert headers["server"] == "taxiway"


def test_event_says_who_is_connected_whatever_the_headers_claim(server):
    peer = Client(server.server_port, source="127.0.0.9")
    for headers in ([], ["X-Forwarded-For: 192.0.2.1"]):
        _, _, body = peer.get("/api/taxii2/", *headers)
        assert json.loads(body)["context"]["identity"]["sourceIp"] == "127.0.0.9"
    peer.close()


def test_proxy_in_front_has_the_word_on_the_scheme(client):
    _, _, body = client.get("/api/taxii2", "X-Forwarded-Proto: https")
    assert json.loads(body)["headers"]["x-forwarded-proto"] == "https"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a%20b", "a b"),
        ("a%2Fb", "a/b"),
        ("%25", "%"),
        ("a;b", "a;b"),
        ("%C3%A9", "é"),
        ("x/", "x"),
    ],
)
def test_path_parameters_are_decoded(client, path, name):
    status, _, body = client.get(f"/api/taxii2/api/{path}")
    assert status == 200
    assert json.loads(body) == {"name": name}


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/taxii2/",
        "/api",
        "/apitaxii2",
        "/api/nothing",
        "/api/taxii2/api/a/b",
        "/api//taxii2",
        "/api/taxii2//",
        "*",
        "http://elsewhere/taxii2",
    ],
)
def test_unknown_path_is_404_and_the_connection_lives(client, target):
    status, headers, body = client.get(target)
    assert status == 404
    assert json.loads(body)
    assert "html" not in headers["content-type"]
    assert client.get("/api/taxii2")[0] == 200


def test_absolute_target_is_understood(client):
    assert client.get("http://here/api/taxii2?x=1")[0] == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_wrong_method_is_405_and_names_the_right_ones(client, method):
    status, headers, body = client.get("/api/taxii2", method=method)
    assert status == 405
    assert set(headers["allow"].split(", ")) == {"GET", "POST"}
    assert json.loads(body)
    assert client.get("/api/taxii2")[0] == 200


def test_head_tells_the_length_and_sends_nothing(client):
    _, headers, body = client.get("/api/big")
    status, told, nothing = client.get("/api/big", method="HEAD")
    assert (status, nothing) == (200, b"")
    assert told["content-length"] == headers["content-length"] == str(len(body))
    assert client.get("/api/taxii2")[0] == 200


def test_large_answer_is_packed_for_who_takes_it(client):
    status, headers, body = client.get("/api/big", "Accept-Encoding: br, gzip")
    assert status == 200
    assert headers["content-encoding"] == "gzip"
    assert headers["vary"] == "Accept, Accept-Encoding"
    assert gzip.decompress(body) == b"x" * 100_000
    for refused in ("Accept-Encoding: gzip;q=0", "Accept-Encoding: br", "X: gzip"):
        _, headers, body = client.get("/api/big", refused)
        assert "content-encoding" not in headers
        assert len(body) == 100_000


def test_small_answer_is_not_packed(client):
    _, headers, _ = client.get("/api/taxii2/api/x", "Accept-Encoding: gzip")
    assert "content-encoding" not in headers


def test_keep_alive_does_not_stall(client):
    client.get("/api/taxii2/api/x")
    began = time.monotonic()
    for _ in range(25):
        assert client.get("/api/taxii2/api/x")[0] == 200
    # With Nagle's algorithm each of them waits 40 ms.
    assert time.monotonic() - began < 25 * 0.04


def post(*headers: str) -> str:
    return "\n".join(["POST /api/taxii2 HTTP/1.1", "Host: here", *headers])


def body_of(answer) -> str:
    status, _, body = answer
    assert status == 200, body
    return json.loads(body)["body"]


def test_body_of_a_length(client):
    assert body_of(client.ask(post("Content-Length: 5"), b"12345")) == "12345"


def test_body_in_chunks(client):
    chunks = b"3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
    answer = client.ask(post("Transfer-Encoding: chunked"), chunks)
    assert body_of(answer) == "abc0123456789"
    assert client.get("/api/taxii2")[0] == 200


def test_packed_body_is_unpacked(client):
    packed = gzip.compress(b"text")
    headers = ("Content-Encoding: gzip", f"Content-Length: {len(packed)}")
    assert body_of(client.ask(post(*headers), packed)) == "text"


def test_client_that_waits_is_asked_for_its_body(client):
    text = post("Content-Length: 2", "Expect: 100-continue").replace("\n", "\r\n")
    client.socket.sendall(text.encode() + b"\r\n\r\n")
    assert client.file.readline() == b"HTTP/1.1 100 Continue\r\n"
    assert client.file.readline() == b"\r\n"
    client.socket.sendall(b"ok")
    assert body_of(client.answer()) == "ok"


def test_client_that_waits_with_too_much_is_refused_at_once(client):
    length = f"Content-Length: {LONGEST_BODY + 1}"
    status, headers, _ = client.ask(post(length, "Expect: 100-continue"))
    assert status == 413
    assert headers["connection"] == "close"


def test_too_large_a_body_is_refused_before_it_is_read(client):
    status, headers, body = client.ask(post(f"Content-Length: {LONGEST_BODY + 1}"))
    assert status == 413
    assert headers["connection"] == "close"
    assert json.loads(body)
    assert client.is_closed_by_server()


def test_too_large_a_body_that_is_sent_all_the_same_gets_its_answer(client):
    body = bytes(LONGEST_BODY + 1)
    assert client.ask(post(f"Content-Length: {len(body)}"), body)[0] == 413


def test_too_many_chunks_are_refused(client):
    chunk = b"%x\r\n" % LONGEST_BODY + bytes(LONGEST_BODY) + b"\r\n1\r\nx\r\n0\r\n\r\n"
    assert client.ask(post("Transfer-Encoding: chunked"), chunk)[0] == 413


def test_packed_body_that_unpacks_to_too_much_is_refused(client):
    packed = gzip.compress(bytes(LONGEST_BODY + 1))
    headers = ("Content-Encoding: gzip", f"Content-Length: {len(packed)}")
    assert client.ask(post(*headers), packed)[0] == 413


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (("Content-Length: -1",), b""),
        (("Content-Length: x",), b""),
        (("Content-Length: +5",), b"12345"),
        (("Content-Length: 1", "Content-Length: 2"), b"12"),
        (("Content-Length: 5", "Transfer-Encoding: chunked"), b"0\r\n\r\n"),
        (("Transfer-Encoding: gzip",), b""),
        (("Transfer-Encoding: chunked",), b"x\r\n"),
        (("Transfer-Encoding: chunked",), b"-1\r\n"),
        (("Transfer-Encoding: chunked",), b"1\r\nabc\r\n0\r\n\r\n"),
        (("Content-Encoding: gzip", "Content-Length: 4"), b"text"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_body_that_cannot_be_told_from_what_follows_is_refused(client, headers, body):
    status, told, text = client.ask(post(*headers), body)
    assert status == 400
    assert told["connection"] == "close"
    assert json.loads(text)
    assert client.is_closed_by_server()


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "GET /api/taxii2 HTTP/9",
        "GET /api/" + "x" * 70_000 + " HTTP/1.1",
        "GET /api/taxii2 HTTP/1.1\n" + "\n".join(f"X-{n}: y" for n in range(200)),
    ],
    ids=["no request", "no version", "long line", "many headers"],
)
def test_what_is_no_http_is_answered_all_the_same(client, text):
    status, headers, body = client.ask(text)
    assert status == 400
    assert headers["connection"] == "close"
    assert json.loads(body)


def test_fault_is_a_500_and_no_page_of_code(client, caplog):
    with caplog.at_level(logging.CRITICAL, "taxiway.access"):
        status, headers, body = client.get("/api/broken")
    assert status == 500
    assert "html" not in headers["content-type"]
    assert b"Traceback" not in body
    assert client.get("/api/taxii2")[0] == 200


def test_client_that_leaves_is_nothing_to_complain_about(server, client, capfd):
    client.socket.sendall(post("Content-Length: 100").replace("\n", "\r\n").encode())
    client.socket.sendall(b"\r\n\r\nhalf")
    client.close()
    other = Client(server.server_port)
    assert other.get("/api/taxii2")[0] == 200
    other.close()
    assert capfd.readouterr().err == ""


def test_old_client_is_hung_up_on(client):
    status, headers, _ = client.ask("GET /api/taxii2 HTTP/1.0\nHost: here")
    assert status == 200
    assert headers["connection"] == "close"
    assert client.is_closed_by_server()


def test_requests_are_answered_side_by_side():
    app = application()
    server = LocalServer("127.0.0.1", 0)
    server.start(app)
    slow, quick = Client(server.server_port), Client(server.server_port)
    slow.socket.sendall(b"GET /api/slow HTTP/1.1\r\nHost: here\r\n\r\n")
    assert app.entered.wait(20)
    assert quick.get("/api/taxii2")[0] == 200
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    app.leave.set()
    assert slow.answer()[0] == 200
    stopping.join(20)
    assert not stopping.is_alive()
    slow.close()
    quick.close()


def test_idle_connection_is_closed(server, monkeypatch):
    monkeypatch.setattr(local_server._Handler, "timeout", 0.05)
    client = Client(server.server_port)
    assert client.is_closed_by_server()
    client.close()


@pytest.mark.parametrize(
    "query",
    [
        "api_key=SECRET",
        "API_KEY=SECRET&limit=1",
        "api%5Fkey=SECRET",
        "limit=1&apikey=SECRET",
        "api_key=a&api_key=SECRET",
        "token=SECRET%20",
    ],
)
def test_no_key_is_shown(query):
    line = shown(f"/api/taxii2/?{query}")
    assert "SECRET" not in line
    assert line.isascii()


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/keys/{}/usage",
        "/api/taxii2/?{}",
        "/api/taxii2/?{}=1",
        "/api/taxii2/?limit=1?api_key={}",
        "/api/taxii2/?next=x;api_key={}",
        "/api/taxii2/?match[id]=a%20{}",
    ],
)
def test_a_key_in_the_wrong_place_is_not_shown(target):
    secret = keymint.make()
    line = shown(target.format(secret))
    assert secret[keymint.SHOWN :] not in line
    assert secret[: keymint.SHOWN] in line


def test_what_helps_is_shown():
    line = shown(
        "/api/x?limit=5&match[type]=indicator&added_after=2026-01-01T00:00:00Z"
    )
    assert "limit=5" in line
    assert "match[type]=indicator" in line
    assert "added_after=2026-01-01T00:00:00Z" in line


def test_a_line_cannot_be_forged():
    assert "\n" not in shown("/api/x?limit=%0A2026 GET /forged")
    assert "\x1b" not in shown("/api/\x1b[31m")


def test_requests_are_logged(server, client):
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    log.addHandler(handler)
    before = log.level
    log.setLevel(logging.INFO)
    try:
        client.get("/api/taxii2/api/x?api_key=SECRET")
        client.get("/api/nothing")
        # The line is written behind the answer; the next answer is behind the line.
        client.get("/api/taxii2")
    finally:
        log.setLevel(before)
        log.removeHandler(handler)
    # The last request of another test may be logged in between.
    (with_key,) = [line for line in lines if "/api/taxii2/api/x" in line]
    (nothing,) = [line for line in lines if "/api/nothing" in line]
    assert "GET /api/taxii2/api/x?api_key=" in with_key
    assert " 404 " in nothing
    assert "SECRET" not in "".join(lines)
