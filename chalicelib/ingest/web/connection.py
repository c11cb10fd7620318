"""One request over one connection, to an address that somebody else has checked.

The standard library's client does this with less than a pool would take: no
retries, no proxies, no redirects, no names looked up again.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, NotConnected
from pathlib import Path
from threading import Timer

from chalicelib.ingest.web.target import Target
from chalicelib.ingest.web.unpack import PIECE, BadBody


class Connection(HTTPConnection):
    """A connection to an address, in the name of a host."""

    def __init__(self, target: Target, tls: ssl.SSLContext | None) -> None:
        """Connect nowhere yet; host and port are for the Host header."""
        super().__init__(target.host, target.port)
        self.default_port = target.default_port
        self.expired = False
        self._target = target
        self._tls = tls
        self._wire: socket.socket | None = None
        self._watch: Timer | None = None
        self._response: HTTPResponse | None = None

    def reach(self, address: str, patience: float) -> None:
        """Connect to an address."""
        self.sock = socket.create_connection((address, self._target.port), patience)
        self._wire = self.sock

    def bound(self, patience: float, left: float) -> None:
        """Set how long to wait for any bytes, and when all has to be over.

        A server that sends a byte now and then outlasts every other limit.
        """
        self.sock.settimeout(patience)
        self._watch = Timer(max(left, 0.0), self._expire)
        self._watch.daemon = True
        self._watch.start()

    def shake_hands(self) -> None:
        """Have the host prove its name, where it is to."""
        if self._tls is None:
            return
        # The socket is known before the handshake, so that it can be shut. An end
        # that was not announced is none: somebody may have cut the body off.
        self.sock = secured = self._tls.wrap_socket(
            self.sock,
            server_hostname=self._target.host,
            do_handshake_on_connect=False,
            suppress_ragged_eofs=False,
        )
        self._wire = secured
        secured.do_handshake()

    def ask(self, path: str, headers: Mapping[str, str]) -> Answer:
        """Send a request and read the head of the answer."""
        try:
            self.request("GET", path, headers=dict(headers))
        except ValueError:
            # The message would show the header, which may be a secret.
            raise HTTPException from None
        self._response = self.getresponse()
        return Answer(self, self._response)

    def connect(self) -> None:
        """Never connect by name."""
        raise NotConnected

    def end(self) -> None:
        """End it, and the watch over it."""
        if self._watch is not None:
            self._watch.cancel()
        if self._response is not None:
            # It has the socket for itself where the server is to close it.
            self._response.close()
        self.close()

    def _expire(self) -> None:
        self.expired = True
        if self._wire is not None:
            try:
                # Below TLS, whose own shutdown would let raw bytes through.
                socket.socket.shutdown(self._wire, socket.SHUT_RDWR)
            except OSError:
                return  # it is closed already


class Answer:
    """The answer to a request: its status, its headers, and its body as it comes."""

    def __init__(self, connection: Connection, response: HTTPResponse) -> None:
        """Read nothing of the body yet."""
        self._connection = connection
        self._response = response
        self.status = response.status

    def header(self, name: str) -> str:
        """Give a header, nothing where it is absent or no plain text."""
        text = self._response.headers.get(name, "").strip()
        return text if text.isascii() and text.isprintable() else ""

    def pieces(self) -> Iterator[bytes]:
        """Read the body. Raises BadBody where it ends too early."""
        while piece := self._response.read1(PIECE):
            yield piece
        if self._connection.expired:
            raise TimeoutError
        if self._response.length:
            raise BadBody("was cut off")


def trusting_context() -> ssl.SSLContext:
    """Trust what the machine trusts, or the list of certifi where it has none."""
    context = ssl.create_default_context()
    known = ssl.get_default_verify_paths()
    if not known.cafile and not (known.capath and any(Path(known.capath).iterdir())):
        import certifi

        context.load_verify_locations(certifi.where())
    return context
