"""A camera for tests: it answers as it is told to, and remembers who asked and who is still connected."""

import socket
import threading
from dataclasses import dataclass, field

FRAME = b"--f\r\ncontent-type: image/jpeg\r\n\r\na frame\r\n"
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: multipart/x-mixed-replace; boundary=f\r\n\r\n"


@dataclass
class FakeCamera:
    """`answer`: what it says first; `b""` says nothing. Frames follow a stream's head until it is closed."""

    answer: bytes = STREAM
    asked: list[bytes] = field(default_factory=list)
    closed_on: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/live/one?profile=2&key=a%20b"

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._speak, args=(line,), daemon=True).start()

    def _speak(self, line: socket.socket) -> None:
        with line:
            line.settimeout(0.05)
            self.asked.append(self._hear(line) or b"")
            if self.answer:
                line.sendall(self.answer)
            while not self._over.is_set():
                try:
                    if self.answer == STREAM:
                        line.sendall(FRAME)
                    if self._hear(line) is None:
                        break
                except OSError:
                    break
            self.closed_on.set()

    def _hear(self, line: socket.socket) -> bytes | None:
        """Return what came, None when the other side has closed."""
        try:
            return line.recv(4096) or None
        except TimeoutError:
            return b""

    def stop(self) -> None:
        self._over.set()
        self._listening.close()
