"""One MQTT connection over mutual TLS, light enough for ten thousand in a process.

The socket is handed to the TLS library itself and the event loop only says when it is readable, so that a
connection costs one TLS object and no task, stream or buffer of ours.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from typing import Protocol

from necmergitur.sim.devices import mqtt
from necmergitur.sim.devices.constants import CONNECT_S_MAX, KEEP_ALIVE_S, READ_BYTES

# A button sends under 300 bytes at a time; a broker that stops reading must not fill our memory.
UNSENT_BYTES_MAX = 16_384
_SUBSCRIPTION_ID = 1


class Listener(Protocol):
    """Who is told what happens on a link."""

    def link_up(self) -> None:
        """The broker accepted us and our subscription."""

    def link_down(self, why: str) -> None:
        """The attempt failed or the connection ended. Called once per `open`."""

    def link_said(self, message: mqtt.Publish) -> None:
        """A message came."""


class Link:
    """A connection that is opened, fails or ends, and may be opened again."""

    __slots__ = (
        "_address",
        "_context",
        "_deadline",
        "_greeting",
        "_listener",
        "_loop",
        "_reader",
        "_reading",
        "_socket",
        "_step",
        "_unsent",
        "_writing",
        "is_up",
    )

    def __init__(
        self, address: tuple[str, int], context: Callable[[], ssl.SSLContext], ack_topic: str, listener: Listener
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._address = address
        self._context = context
        self._listener = listener
        self._greeting = mqtt.subscribe(_SUBSCRIPTION_ID, ack_topic)
        self._socket: socket.socket | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._reader = mqtt.Reader()
        self._step: Callable[[], None] = self._connected
        self._unsent = b""
        self._reading = self._writing = False
        self.is_up = False

    @property
    def is_open(self) -> bool:
        """Whether a connection stands or is being made."""
        return self._socket is not None

    def open(self, client_id: str) -> None:
        """Begin to connect; the listener hears of the end of it, never before this returns."""
        assert self._socket is None, "a link is opened once at a time"
        self._reader = mqtt.Reader()
        self._unsent = mqtt.connect(client_id, KEEP_ALIVE_S) + self._greeting
        self._deadline = self._loop.call_later(CONNECT_S_MAX, self.close, "no answer")
        plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        plain.setblocking(False)  # noqa: FBT003 - the library's signature
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = plain
        code = plain.connect_ex(self._address)
        if code not in {0, errno.EINPROGRESS}:
            # Told later, as every other end is: the listener may open again from inside the call.
            self._loop.call_soon(self.close, errno.errorcode.get(code, "refused"))
            return
        self._step = self._connected
        self._want(writing=True)

    def send(self, packet: bytes) -> bool:
        """Send now or as soon as the socket takes it; False when the link is not up or its buffer is full."""
        if not self.is_up or len(self._unsent) + len(packet) > UNSENT_BYTES_MAX:
            return False
        self._unsent += packet
        self._guarded(self._flush)
        return self.is_up

    def close(self, why: str = "closed") -> None:
        """End the connection, whatever its state, and tell the listener once."""
        held, self._socket = self._socket, None
        if held is None:
            return
        if self._deadline is not None:
            self._deadline.cancel()
        self._loop.remove_reader(held.fileno())
        self._loop.remove_writer(held.fileno())
        held.close()
        self._reading = self._writing = self.is_up = False
        self._unsent = b""
        self._listener.link_down(why)

    # --- the steps of a connection --------------------------------------------------------------------

    def _ready(self) -> None:
        self._guarded(self._step)

    def _guarded(self, step: Callable[[], None]) -> None:
        if self._socket is None:
            return
        try:
            step()
        except (ssl.SSLWantReadError, BlockingIOError):
            self._want(writing=False)
        except ssl.SSLWantWriteError:
            self._want(writing=True)
        except (OSError, mqtt.BadPacket) as error:
            self.close(type(error).__name__ if isinstance(error, mqtt.BadPacket) else str(error)[:80])

    def _want(self, *, writing: bool) -> None:
        assert self._socket is not None
        fd = self._socket.fileno()
        if not self._reading:
            self._loop.add_reader(fd, self._ready)
            self._reading = True
        if writing and not self._writing:
            self._loop.add_writer(fd, self._ready)
        elif self._writing and not writing:
            self._loop.remove_writer(fd)
        self._writing = writing

    def _connected(self) -> None:
        assert self._socket is not None
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code != 0:
            raise OSError(code, errno.errorcode.get(code, "refused"))
        # The TLS socket takes over the same file descriptor, so the loop's watch on it stays good.
        self._socket = self._context().wrap_socket(
            self._socket, server_hostname=self._address[0], do_handshake_on_connect=False, suppress_ragged_eofs=True
        )
        self._step = self._handshake
        self._handshake()

    def _handshake(self) -> None:
        assert isinstance(self._socket, ssl.SSLSocket)
        self._socket.do_handshake()
        self._step = self._talk
        self._flush()
        self._talk()

    def _flush(self) -> None:
        assert isinstance(self._socket, ssl.SSLSocket)
        while self._unsent:
            sent = self._socket.send(self._unsent)
            self._unsent = self._unsent[sent:]
        if self._writing:
            self._want(writing=False)

    def _talk(self) -> None:
        """Send what waits, then read until the library has no more for us."""
        if self._unsent:
            self._flush()
        while isinstance(self._socket, ssl.SSLSocket):
            data = self._socket.recv(READ_BYTES)
            if not data:
                self.close("ended by the broker")
                return
            for packet in self._reader.feed(data):
                self._hear(packet)

    def _hear(self, packet: mqtt.Packet) -> None:
        if not self.is_open:
            return  # a packet before this one made us leave
        if isinstance(packet, mqtt.Publish):
            if packet.qos:
                self.send(mqtt.puback(packet.packet_id))
            self._listener.link_said(packet)
        elif isinstance(packet, mqtt.Connack):
            if packet.code != 0:
                self.close(f"refused with code {packet.code}")
        elif isinstance(packet, mqtt.Suback):
            if mqtt.SUBSCRIPTION_REFUSED in packet.codes:
                self.close("subscription refused")
                return
            self.is_up = True
            if self._deadline is not None:
                self._deadline.cancel()
            self._listener.link_up()


def fresh_client_id(device_id: str, token: int) -> str:
    """Return a client id that no other certificate can guess: stealing one would evict its owner."""
    return f"{device_id}-{token:016x}"
