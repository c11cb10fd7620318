"""Feeds are fetched over real sockets, from whom they should be and no more."""

from __future__ import annotations

import gzip
import io
import shutil
import socket
import ssl
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.client import NotConnected
from pathlib import Path
from typing import Any

import pytest

from chalicelib.container import SystemClock
from chalicelib.ingest.web import hosts, unpack
from chalicelib.ingest.web.connection import Connection, trusting_context
from chalicelib.ingest.web.fetch import (
    Fetched,
    Fetcher,
    FetchFailed,
    Patience,
    Unchanged,
)
from chalicelib.ingest.web.target import Target
from tests.doubles.clock import START, FakeClock
from tests.doubles.feed_server import FeedServer, answer, bare, in_seconds

LINES = b"".join(b"192.0.2.%d\n" % number for number in range(256))
SHORT = Patience(connect=5, read=10, total=0.8)
RESTLESS = Patience(connect=5, read=0.3, total=20)
PATIENT = Patience(connect=5, read=10, total=20)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


class Reader:
    """Fetches from one server, whatever names its URLs have."""

    def __init__(
        self, server: FeedServer, *, clock: Any = None, **options: Any
    ) -> None:
        self.server = server
        self.asked: list[str] = []
        options = {
            "allow": ["127.0.0.0/8"],
            "patience": PATIENT,
            "resolve": self._resolve,
        } | options
        self.fetcher = Fetcher(clock or SystemClock(), **options)

    def _resolve(self, host: str, _: int) -> list[str]:
        self.asked.append(host)
        return ["127.0.0.1"]

    def url(
        self, path: str = "/feed", host: str = "feeds.example", scheme: str = "http"
    ) -> str:
        return f"{scheme}://{host}:{self.server.port}{path}"

    def fetch(self, path: str = "/feed", **options: Any) -> Fetched | Unchanged:
        return self.fetcher.fetch(self.url(path), **{"secure": False, **options})

    def body(self, path: str = "/feed", **options: Any) -> bytes:
        found = self.fetch(path, **options)
        assert isinstance(found, Fetched)
        with found.stream as stream:
            body = stream.read()
        assert found.size == len(body)
        assert found.digest == sha256(body).hexdigest()
        return body

    def failure(self, path: str = "/feed", **options: Any) -> FetchFailed:
        with pytest.raises(FetchFailed) as failed:
            self.fetch(path, **options)
        return failed.value


@pytest.fixture
def reader(server: FeedServer) -> Reader:
    return Reader(server)


def test_a_feed_is_fetched_with_what_makes_the_next_request_conditional(
    server: FeedServer, reader: Reader
):
    server.answers["/feed?x=1"] = answer(LINES, ETag='W/"1"', Last_Modified="yesterday")
    found = reader.fetch("/feed?x=1", headers={"Auth-Key": "abc"})
    assert isinstance(found, Fetched)
    with found.stream as stream:
        assert stream.read() == LINES
    assert (found.etag, found.last_modified) == ('W/"1"', "yesterday")
    assert found.digest == sha256(LINES).hexdigest()
    sent = server.headers()
    assert sent["host"] == f"feeds.example:{server.port}"
    assert sent["auth-key"] == "abc"
    assert "if-none-match" not in sent


def test_what_is_unchanged_is_not_fetched_again(server: FeedServer, reader: Reader):
    server.answers["/feed"] = answer(status="304 Not Modified")
    assert reader.fetch(etag='W/"1"', last_modified="yesterday") == Unchanged()
    sent = server.headers()
    assert sent["if-none-match"] == 'W/"1"'
    assert sent["if-modified-since"] == "yesterday"


def test_unchanged_since_never_is_a_failure(server: FeedServer, reader: Reader):
    server.answers["/feed"] = answer(status="304 Not Modified")
    assert reader.failure().why == "feeds.example answered 304"


def test_validators_that_are_no_plain_text_are_not_kept(
    server: FeedServer, reader: Reader
):
    server.answers["/feed"] = answer(b"x", ETag='"\u00e9\x01"')
    found = reader.fetch()
    assert isinstance(found, Fetched)
    found.stream.close()
    assert found.etag is None


# Packed bodies


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return target.getvalue()


def patched(archive: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    """Change a byte of the zip's own list of files."""
    at = archive.index(signature) + offset
    return archive[:at] + value + archive[at + 1 :]


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (LINES, "identity"),
        (gzip.compress(LINES), "gzip"),
        (gzip.compress(LINES), "X-GZIP"),
        (zlib.compress(LINES), "deflate"),
        (raw_deflate(LINES), "deflate"),
        (gzip.compress(LINES), ""),
        (gzip.compress(gzip.compress(LINES)), "gzip"),
        (gzip.compress(LINES[:100]) + gzip.compress(LINES[100:]), ""),
        (gzip.compress(LINES) + b"\0" * 100, ""),
        (zipped(("feed.csv", LINES)), ""),
        (zipped(("feed.csv", LINES), method=zipfile.ZIP_STORED), "identity"),
        (zipped(("folder/", b""), ("folder/feed.csv", LINES)), ""),
        (gzip.compress(zipped(("feed.csv", LINES))), "gzip"),
    ],
)
def test_a_body_is_unpacked_by_what_it_is(
    server: FeedServer, reader: Reader, body: bytes, encoding: str
):
    server.answers["/feed"] = answer(body, Content_Encoding=encoding)
    assert reader.body() == LINES


@pytest.mark.parametrize("body", [b"", b"P", b"\x1f", b"PK", b"\x1f\x8c rather not"])
def test_short_bodies_are_what_they_are(
    server: FeedServer, reader: Reader, body: bytes
):
    server.answers["/feed"] = answer(body)
    assert reader.body() == body


def test_a_full_disk_is_told(
    server: FeedServer, reader: Reader, monkeypatch: pytest.MonkeyPatch
):
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError

    monkeypatch.setattr(unpack, "SpooledTemporaryFile", lambda **_: Full())
    server.answers["/feed"] = answer(LINES)
    assert reader.failure().why.endswith("does not fit into the temporary folder")


def test_a_large_body_goes_through_unharmed(server: FeedServer, reader: Reader):
    large = bytes(range(256)) * 4 * 10_000
    server.answers["/feed"] = answer(gzip.compress(large, 1), Content_Encoding="gzip")
    assert reader.body() == large


NOISE = sha256(b"noise").digest() * 3


@pytest.mark.parametrize(
    ("body", "encoding", "why"),
    [
        (gzip.compress(LINES)[:-9], "gzip", "was cut off"),
        (gzip.compress(LINES)[:-9], "", "was cut off"),
        (gzip.compress(LINES) + b"garbage", "", "can't be unpacked"),
        (gzip.compress(LINES) + gzip.compress(LINES)[:-1], "", "was cut off"),
        (
            patched(zipped(("a", LINES)), b"PK\x01\x02", 8, b"\x01"),
            "",
            "with a password",
        ),
        (patched(zipped(("a", LINES)), b"PK\x01\x02", 10, b"\x63"), "", "unusual kind"),
        (
            zipped(("a", LINES))[:-22]
            + b"PK\x06\x07"
            + bytes(16)
            + zipped(("a", LINES))[-22:],
            "",
            "too many files",
        ),
        (b"\x1f\x8b\x08" + NOISE, "", "can't be unpacked"),
        (LINES, "gzip", "can't be unpacked"),
        (LINES, "br", "not asked for"),
        (LINES, "gzip, gzip", "not asked for"),
        (zipped(("a", LINES), ("b", LINES)), "", "2 files"),
        (zipped(), "", "0 files"),
        (zipped(("feed.csv", LINES))[:-30], "", "cut off"),
        (
            zipped(("feed.csv", LINES)).replace(b"feed.csv", b"feed.txt", 1),
            "",
            "damaged zip",
        ),
        (
            zipped(("a", LINES), method=zipfile.ZIP_STORED).replace(
                b"192.0.2.9\n", b"192.0.2.8\n"
            ),
            "",
            "damaged zip",
        ),
        (zipped(*((f"file-{n}", b"") for n in range(2_000))), "", "too many files"),
    ],
)
def test_a_body_that_can_not_be_unpacked_is_a_failure(
    server: FeedServer, reader: Reader, body: bytes, encoding: str, why: str
):
    server.answers["/feed"] = answer(body, Content_Encoding=encoding)
    failed = reader.failure()
    assert why in failed.why
    assert failed.why.startswith("feeds.example: the body ")


BOMB = b"\0" * 40_000_000


@pytest.mark.parametrize(
    ("body", "encoding", "most"),
    [
        (gzip.compress(BOMB), "gzip", 10**9),
        (gzip.compress(BOMB), "", 10**9),
        (gzip.compress(gzip.compress(BOMB)), "gzip", 10**9),
        (zlib.compress(BOMB), "deflate", 10**9),
        (zipped(("bomb", BOMB)), "", 10**9),
        (gzip.compress(BOMB), "gzip", 10**6),
        (zipped(("bomb", BOMB)), "", 10**6),
        (LINES, "", len(LINES) - 1),
        (gzip.compress(LINES), "gzip", len(LINES) - 1),
    ],
)
def test_no_bomb_goes_off(
    server: FeedServer, reader: Reader, body: bytes, encoding: str, most: int
):
    server.answers["/feed"] = answer(body, Content_Encoding=encoding)
    why = reader.failure(max_bytes=most).why
    assert "larger than" in why or "far more than" in why


def test_a_body_of_just_the_size_is_taken(server: FeedServer, reader: Reader):
    server.answers["/feed"] = answer(gzip.compress(LINES), Content_Encoding="gzip")
    assert reader.body(max_bytes=len(LINES)) == LINES


# Bodies that end too early, or never


@pytest.mark.parametrize(
    "head",
    [
        answer(LINES, length=len(LINES) + 1),
        bare("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"800\r\n" + LINES[:100]),
        bare("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"5\r\nabcde\r\n"),
        bare("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"zz\r\nabcde\r\n"),
        bare("what is this"),
        bare("HTTP/1.1 200 OK\n" + "\n".join(f"X-{n}: y" for n in range(200))),
        b"",
    ],
)
def test_what_is_cut_off_or_no_http_is_a_failure(
    server: FeedServer, reader: Reader, head: bytes
):
    server.answers["/feed"] = head
    assert reader.failure().why in {
        "feeds.example: the body was cut off",
        "feeds.example has broken off",
    }


def test_chunks_are_joined(server: FeedServer, reader: Reader):
    body = b"5\r\n192.0\r\n4;x=y\r\n.2.1\r\n0\r\nTrailer: z\r\n\r\n"
    server.answers["/feed"] = bare("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", body)
    assert reader.body() == b"192.0.2.1"


def test_a_body_without_a_length_ends_with_the_connection(
    server: FeedServer, reader: Reader
):
    server.answers["/feed"] = bare("HTTP/1.0 200 OK", LINES)
    assert reader.body() == LINES


def dripping(head: bytes) -> Callable[[socket.socket], None]:
    def drip(connection: socket.socket) -> None:
        connection.sendall(head)
        connection.settimeout(0.05)
        while True:
            connection.sendall(b"1\n")
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    return drip


def silent(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\n\r\n", answer(length=10**6), b"HTTP/1.1 200 OK\r\nX-Slow: "],
    ids=["body", "body with a length", "head"],
)
def test_a_server_that_drips_is_given_up(server: FeedServer, head: bytes):
    server.answers["/feed"] = dripping(head)
    failed = Reader(server, patience=SHORT).failure()
    assert failed.why == "feeds.example took longer than 0.8 s"


def test_a_server_that_is_silent_is_given_up(server: FeedServer):
    server.answers["/feed"] = silent
    failed = Reader(server, patience=RESTLESS).failure()
    assert failed.why == "feeds.example has stopped answering"


def test_a_port_nobody_listens_on_is_told(server: FeedServer):
    reader = Reader(server)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(FetchFailed, match=r"^feeds\.example can't be reached$"):
        reader.fetcher.fetch(f"http://feeds.example:{port}/", secure=False)


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
def test_the_next_address_is_tried(server: FeedServer):
    server.answers["/feed"] = answer(LINES)
    found = Reader(server, resolve=lambda *_: ["127.0.0.2", "127.0.0.1"]).body()
    assert found == LINES


# Statuses


@pytest.mark.parametrize(
    ("status", "retry", "expected"),
    [
        ("404 Not Found", "7", None),
        ("429 Too Many Requests", "120", 120.0),
        ("503 Service Unavailable", in_seconds(START / 1_000_000 + 90), 90.0),
        ("503 Service Unavailable", in_seconds(0), 0.0),
        ("503 Service Unavailable", "soon", None),
        ("503 Service Unavailable", "-1", None),
        ("429 Too Many Requests", "", None),
        ("204 No Content", "", None),
        ("206 Partial Content", "", None),
        ("500 Oops", "", None),
    ],
)
def test_a_server_says_when_to_come_back(
    server: FeedServer, status: str, retry: str, expected: float | None
):
    server.answers["/feed"] = answer(status=status, Retry_After=retry)
    failed = Reader(server, clock=FakeClock()).failure()
    assert failed.retry_after == expected
    assert failed.why == f"feeds.example answered {status[:3]}"


# Redirects and addresses


def redirect(to: str, status: int = 302) -> bytes:
    return answer(status=f"{status} Moved", Location=to)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_without_secrets_to_another_host(
    server: FeedServer, reader: Reader, status: int
):
    server.answers["/feed"] = redirect(reader.url("/there", "other.example"), status)
    server.answers["/there"] = redirect(reader.url("/back"))
    server.answers["/back"] = answer(LINES)
    assert reader.body(headers={"Auth-Key": "abc"}, etag='"1"') == LINES
    assert server.paths == ["/feed", "/there", "/back"]
    assert ["auth-key" in server.headers(n) for n in range(3)] == [True, False, False]
    assert reader.asked == ["feeds.example", "other.example", "feeds.example"]


def test_a_relative_redirect_keeps_the_secret(server: FeedServer, reader: Reader):
    server.answers["/feed"] = redirect("../there?page=2")
    server.answers["/there?page=2"] = answer(LINES)
    assert reader.body(headers={"Auth-Key": "abc"}) == LINES
    assert server.headers()["auth-key"] == "abc"


def test_redirects_end(server: FeedServer, reader: Reader):
    server.answers |= {f"/{n}": redirect(f"/{n + 1}") for n in range(10)}
    assert "too often" in reader.failure("/0").why
    assert server.paths == [f"/{n}" for n in range(6)]
    server.answers["/nowhere"] = answer(status="302 Found")
    assert "nowhere" in reader.failure("/nowhere").why


@pytest.mark.parametrize(
    "to",
    [
        "ftp://other.example/",
        "file:///etc/passwd",
        "http://a:b@other.example/",
        "http://:80/",
    ],
)
def test_a_redirect_leads_to_no_other_kind_of_place(
    server: FeedServer, reader: Reader, to: str
):
    server.answers["/feed"] = redirect(to)
    reader.failure()
    assert reader.asked == ["feeds.example"]


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1", "192.0.2.1"]
)
def test_no_hop_leads_inside(server: FeedServer, address: str):
    names = {"feeds.example": ["127.0.0.1"], "inside.example": [address]}
    reader = Reader(server, resolve=lambda host, _: names[host])
    server.answers["/feed"] = redirect("http://inside.example/latest/meta-data/")
    assert reader.failure().why == (
        "inside.example: its address is not of the public internet"
    )


def test_a_machine_of_its_own_is_refused_unless_allowed(server: FeedServer):
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433"):
        with pytest.raises(FetchFailed, match=r"not of the public internet"):
            Fetcher(SystemClock()).fetch(f"http://{host}:{server.port}/", secure=False)
    assert server.requests == []


def test_a_name_is_looked_up_once_so_that_it_can_not_change(server: FeedServer):
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    server.answers["/feed"] = answer(LINES)
    assert Reader(server, resolve=lambda *_: next(answers)).body() == LINES
    assert next(answers) == ["169.254.169.254"]


def test_looking_a_name_up_counts_too(server: FeedServer):
    clock = FakeClock()

    def slowly(*_: Any) -> list[str]:
        clock.advance(60)
        return ["127.0.0.1"]

    failed = Reader(server, clock=clock, resolve=slowly).failure()
    assert failed.why == "feeds.example took longer than 20 s"
    assert server.requests == []


def test_an_unknown_host_is_told(server: FeedServer):
    def unknown(*_: Any) -> list[str]:
        raise socket.gaierror

    assert Reader(server, resolve=unknown).failure().why == "feeds.example is not known"


def test_plain_http_has_to_be_asked_for(server: FeedServer, reader: Reader):
    assert "https" in reader.failure(secure=True).why
    assert server.requests == []


def test_a_failure_shows_neither_path_nor_header(server: FeedServer, reader: Reader):
    failed = reader.failure("/key-1234/feed?token=5678", headers={"Auth-Key": "9abc"})
    assert failed.why == "feeds.example answered 404"
    failed = reader.failure(headers={"Auth-Key": "9abc\r\nX: y"})
    assert "9abc" not in failed.why
    assert failed.__cause__ is None


# Further URLs of a feed


def test_further_urls_are_opened_with_the_secret_at_home_only(
    server: FeedServer, reader: Reader
):
    server.answers |= {"/misp/event.json": answer(b"1"), "/else": answer(b"2")}
    opened = reader.fetcher.opener(
        reader.url("/misp/manifest.json"), headers={"Auth-Key": "abc"}, secure=False
    )
    with opened("event.json") as stream:
        assert stream.read() == b"1"
    assert server.headers()["auth-key"] == "abc"
    with opened(reader.url("/else", "other.example")) as stream:
        assert stream.read() == b"2"
    assert "auth-key" not in server.headers()
    with pytest.raises(FetchFailed):
        opened("file:///etc/passwd")


def test_a_further_url_has_to_have_a_body(server: FeedServer, reader: Reader):
    server.answers["/event"] = answer(status="304 Not Modified")
    opened = reader.fetcher.opener(
        reader.url(), headers={"If-None-Match": '"1"'}, secure=False
    )
    with pytest.raises(FetchFailed, match="answered 304"):
        opened("event")


def test_a_connection_never_looks_a_name_up_itself():
    connection = Connection(Target("http", "localhost", 80, "/"), None)
    with pytest.raises(NotConnected):
        connection.connect()


# TLS


def test_certificates_are_taken_from_the_machine_or_from_certifi(
    monkeypatch: pytest.MonkeyPatch,
):
    assert trusting_context().verify_mode is ssl.CERT_REQUIRED
    none = ssl.DefaultVerifyPaths(None, None, "", "", "", "")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: none)
    context = trusting_context()
    assert context.cert_store_stats()["x509_ca"] > 50
    assert context.check_hostname


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Make a certificate of feeds.example that nobody else trusts."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=feeds.example",
         "-addext", "subjectAltName=DNS:feeds.example", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, certificate


@pytest.fixture
def secure(certificate: tuple[Path, Path]) -> Iterator[Reader]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    trusting = ssl.create_default_context(cafile=str(certificate[1]))
    with FeedServer(context) as server:
        yield Reader(server, tls=trusting)


def test_https_is_spoken_in_the_name_of_the_host(secure: Reader):
    names: list[str | None] = []
    context = secure.server._tls
    assert context is not None
    context.sni_callback = lambda _, name, __: names.append(name)
    secure.server.answers["/feed"] = answer(LINES)
    found = secure.fetcher.fetch(secure.url(scheme="https"))
    assert isinstance(found, Fetched)
    with found.stream as stream:
        assert stream.read() == LINES
    assert names == ["feeds.example"]


def test_a_certificate_of_another_host_is_refused(secure: Reader):
    with pytest.raises(FetchFailed, match=r"not valid for 'other.example'"):
        secure.fetcher.fetch(secure.url(host="other.example", scheme="https"))
    assert secure.server.requests == []


def test_a_certificate_of_nobody_is_refused(secure: Reader):
    stranger = Reader(secure.server)
    with pytest.raises(FetchFailed, match=r"self-signed"):
        stranger.fetcher.fetch(secure.url(scheme="https"))


def test_a_redirect_from_https_to_http_is_refused(secure: Reader):
    secure.server.answers["/feed"] = redirect("http://feeds.example/")
    with pytest.raises(FetchFailed, match=r"https is asked for"):
        secure.fetcher.fetch(secure.url(scheme="https"))


def test_https_to_a_server_without_it_is_a_failure(server: FeedServer, reader: Reader):
    with pytest.raises(FetchFailed, match=r"TLS failed|broken off"):
        reader.fetcher.fetch(reader.url(scheme="https"))


def test_tls_that_is_cut_off_is_no_end(secure: Reader):
    def cut(connection: socket.socket) -> None:
        connection.sendall(bare("HTTP/1.0 200 OK", LINES))
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

    secure.server.answers["/feed"] = cut
    with pytest.raises(FetchFailed, match=r"TLS failed|broken off"):
        secure.fetcher.fetch(secure.url(scheme="https"))


@pytest.mark.parametrize(
    "whole",
    [
        answer(LINES),
        bare(
            "HTTP/1.1 200 OK\nTransfer-Encoding: chunked",
            b"%x\r\n%b\r\n0\r\n\r\n" % (len(LINES), LINES),
        ),
    ],
)
def test_a_rude_end_behind_a_whole_body_does_no_harm(secure: Reader, whole: bytes):
    def rude(connection: socket.socket) -> None:
        connection.sendall(whole)
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

    secure.server.answers["/feed"] = rude
    found = secure.fetcher.fetch(secure.url(scheme="https"))
    assert isinstance(found, Fetched)
    with found.stream as stream:
        assert stream.read() == LINES


def test_a_handshake_that_never_ends_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader = Fetcher(
            SystemClock(),
            allow=["127.0.0.0/8"],
            patience=Patience(connect=2, read=10, total=0.5),
            resolve=lambda *_: ["127.0.0.1"],
        )
        with pytest.raises(FetchFailed, match=r"took longer than 0.5 s"):
            reader.fetch(f"https://feeds.example:{listener.getsockname()[1]}/")


def test_the_machine_resolves_names():
    assert hosts.resolve("127.0.0.1", 80) == ["127.0.0.1"]
