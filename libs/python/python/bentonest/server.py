"""Serves a Runnable on a unix socket, as libs/runner/src/worker/worker-server.ts does."""

import collections
import os
import socket
import threading
import time
import traceback

from . import values, wire
from .errors import BentoError


class Connection:
    """One API process: its calls in order, and a lock for what is written to it."""

    def __init__(self, stream):
        self.stream = stream
        self.calls = collections.deque()
        self.lock = threading.Lock()

    def receive(self, view):
        view = view.cast("B")
        while len(view):
            count = self.stream.recv_into(view)
            if count == 0:
                return False
            view = view[count:]
        return True

    def send(self, pieces):
        views = [memoryview(piece).cast("B") for piece in pieces if len(piece)]
        with self.lock:
            while views:
                sent = self.stream.sendmsg(views[:512])
                while views and sent >= len(views[0]):
                    sent -= len(views.pop(0))
                if views and sent:
                    views[0] = views[0][sent:]


class Server:
    """One call at a time; of several API processes in turn."""

    def __init__(self, runner, loaded):
        self.runner = runner
        self.loaded = loaded
        self.turns = collections.deque()
        self.changed = threading.Condition()

    def listen(self, path):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.listen()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def run(self):
        """Runs calls for ever, in this thread."""
        while True:
            connection, frame = self._next()
            try:
                connection.send(self._answer(frame))
            except OSError:
                pass  # The API process has gone; its successor connects anew.

    def _accept(self, listener):
        while True:
            stream, _ = listener.accept()
            threading.Thread(target=self._serve, args=(Connection(stream),), daemon=True).start()

    def _serve(self, connection):
        hello = {
            "pid": os.getpid(),
            "methods": self.loaded.methods,
            "metadata": self.loaded.metadata,
        }
        try:
            connection.send(wire.encode_frame(wire.HELLO, 0, hello))
            while True:
                frame = wire.read_frame(connection.receive)
                if frame is None:
                    break
                self._take(connection, frame)
        except (OSError, ValueError):
            pass
        except Exception:
            traceback.print_exc()
        with self.changed:
            connection.calls.clear()
        connection.stream.close()

    def _take(self, connection, frame):
        with self.changed:
            if frame.type == wire.CALL:
                if not connection.calls:
                    self.turns.append(connection)
                connection.calls.append(frame)
                self.changed.notify()
                return
            if frame.type != wire.CANCEL:
                return
            waiting = [call for call in connection.calls if call.id == frame.id]
            for call in waiting:
                connection.calls.remove(call)
        for call in waiting:
            aborted = BentoError("The call was aborted.", code="CALL_ABORTED", status_code=499)
            connection.send(self._error(call.id, aborted))

    def _next(self):
        """The first call of the connection whose turn it is; that connection then goes to the end."""
        with self.changed:
            while True:
                while self.turns:
                    connection = self.turns.popleft()
                    if connection.calls:
                        frame = connection.calls.popleft()
                        if connection.calls:
                            self.turns.append(connection)
                        return connection, frame
                self.changed.wait()

    def _answer(self, frame):
        if 0 < frame.deadline < time.time() * 1000:
            late = BentoError("The call came too late.", code="RUNNER_TIMEOUT", status_code=504)
            return self._error(frame.id, late)
        started = time.perf_counter()
        try:
            args = values.unpack(frame.head["args"], frame.tensors)
            head, tensors = values.pack(self.loaded.call(frame.head["method"], args))
            head["runMs"] = (time.perf_counter() - started) * 1000
            return wire.encode_frame(wire.RESULT, frame.id, head, tensors)
        except Exception as error:
            return self._error(frame.id, error)

    def _error(self, id, error):
        if isinstance(error, BentoError):
            head = {
                "name": type(error).__name__,
                "code": error.code,
                "statusCode": error.status_code,
                "message": str(error),
            }
            if error.details is not None:
                head["details"] = error.details
        else:
            head = {
                "name": type(error).__name__,
                "code": "RUNNER_FAILED",
                "statusCode": 500,
                "message": "The Runnable failed.",
                "log": describe(error),
            }
        return wire.encode_frame(wire.ERROR, id, head)


def describe(error):
    """The error in one line, and its traceback below it."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return "%s: %s\n%s" % (type(error).__name__, error, "".join(lines))
