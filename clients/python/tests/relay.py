"""A bad connection to a server: requests arrive, answers may not."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from house import Server


class Relay:
    """Listens on a port of this machine. The next `swallow` answers are dropped, and their connections with them."""

    def __init__(self, server: Server) -> None:
        self.swallow = 0
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = self._connect()
                self._open += [near, far]
                self._start(near, far, answers=False)
                self._start(far, near, answers=True)

    def _connect(self) -> socket.socket:
        if self._server.kind == "tcp":
            host, port = self._server.url.removeprefix("http://").split(":")
            return socket.create_connection((host, int(port)))
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._server.url.removeprefix("unix:"))
        return far

    def _start(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        thread = threading.Thread(target=self._pump, args=(source, target, answers))
        self._threads.append(thread)
        thread.start()

    def _pump(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if answers and self.swallow:
                    self.swallow -= 1
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for end in (self._listener, *self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in (self._listener, *self._open):
            end.close()
