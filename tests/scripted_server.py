"""A server that answers as a test's script says, one connection a request."""

import contextlib
import socket
import threading


class ScriptedServer:
    """Answers each request with the next of some raw answers, the last one again and again.

    Attributes:
        requests: what came, whole.
    """

    def __init__(self, *answers: bytes) -> None:
        self.requests: list[bytes] = []
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _work(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                connection, _ = self._listener.accept()
                with connection, connection.makefile("rb") as stream:
                    self.requests.append(self._read(stream))
                    more = len(self._answers) > 1
                    connection.sendall(self._answers.pop(0) if more else self._answers[0])

    @staticmethod
    def _read(stream) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += stream.readline()
        length = next(
            (int(line.split(b":")[1]) for line in head.lower().splitlines() if b"length:" in line),
            0,
        )
        return head + stream.read(length)


def answer(status: str, body: bytes = b"{}", *headers: str, length: int | None = None) -> bytes:
    """Returns an answer; with a `length` beyond the body's it breaks off."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {length or len(body)}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body
