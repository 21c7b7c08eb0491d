"""A camera that speaks WHEP, for tests: it answers an offer with a description and remembers what was ended."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

ANSWER = b"v=0\r\no=- 2 2 IN IP4 192.0.2.7\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"


class FakeWhep:
    """`location`: where it says that the session is; `status` and `kind` of its answer."""

    def __init__(self) -> None:
        self.location, self.status, self.kind, self.answer = "session/1?token=a", 201, "application/sdp", ANSWER
        self.answering: Queue[bytes] | None = None  # where a test puts an answer made for the offer
        self.offers: list[tuple[str, bytes]] = []
        self.ended: list[str] = []
        self.over = threading.Event()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                camera.offers.append((f"{self.path} {self.headers['Content-Type']}", body))
                said = camera.answer if camera.answering is None else camera.answering.get(timeout=10)
                self.send_response(camera.status)
                self.send_header("Content-Type", camera.kind)
                if camera.location:
                    self.send_header("Location", camera.location)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def do_DELETE(self) -> None:
                camera.ended.append(self.path)
                camera.over.set()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/whep/endpoint?cam=1"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
