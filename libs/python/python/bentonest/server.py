"""Serves a Runnable on a unix socket, as libs/runner/src/worker/worker-server.ts does."""

import collections
import os
import socket
import sys
import threading
import time

from . import calls, values, wire
from .clock import machine_now
from .errors import BentoError, UnsupportedValueError, WireProtocolError, describe

#: Buffers of one vectored write; Linux takes 1024.
_MAX_BUFFERS = 512


class Connection:
    """One API process: its calls in order, and a lock for what is written to it."""

    def __init__(self, stream):
        self.stream = stream
        self.calls = collections.deque()
        self.lock = threading.Lock()

    def receive(self, view):
        """Fills the view; False at the end of the stream."""
        view = view.cast("B")
        while len(view):
            count = self.stream.recv_into(view)
            if count == 0:
                return False
            view = view[count:]
        return True

    def send(self, pieces):
        views = collections.deque(memoryview(piece).cast("B") for piece in pieces if len(piece))
        with self.lock:
            while views:
                sent = self.stream.sendmsg([views[at] for at in range(min(len(views), _MAX_BUFFERS))])
                while views and sent >= len(views[0]):
                    sent -= len(views.popleft())
                if views and sent:
                    views[0] = views[0][sent:]


class Server:
    """One call at a time; of several API processes in turn."""

    def __init__(self, runner, loaded):
        self.runner = runner
        self.loaded = loaded
        self.turns = collections.deque()
        self.changed = threading.Condition()
        self.is_stopping = False
        # What is encoded here fails at the start, and not at the first connection.
        head = {"pid": os.getpid(), "methods": loaded.methods, "metadata": values.to_json(loaded.metadata)}
        self.hello = wire.encode_frame(wire.HELLO, 0, head)

    def listen(self, path):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.listen()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def run(self):
        """Runs calls, in this thread, until it is stopped."""
        while True:
            turn = self._next()
            if turn is None:
                return
            connection, frame = turn
            try:
                connection.send(self._answer(frame))
            except OSError:
                pass  # The API process has gone; its successor connects anew.

    def stop(self):
        """Ends ``run`` after the call that is running."""
        with self.changed:
            self.is_stopping = True
            self.changed.notify()

    def _accept(self, listener):
        while True:
            try:
                stream, _ = listener.accept()
            except OSError as error:
                # Out of descriptors, say: the Runnable may give some back.
                self._log(error)
                time.sleep(1)
                continue
            threading.Thread(target=self._serve, args=(Connection(stream),), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.send(self.hello)
            while True:
                frame = wire.read_frame(connection.receive)
                if frame is None:
                    break
                self._take(connection, frame)
        except (BrokenPipeError, ConnectionResetError):
            pass  # An API process that died leaves this behind.
        except (OSError, WireProtocolError, MemoryError) as error:
            self._log(error)
        with self.changed:
            connection.calls.clear()
        connection.stream.close()

    def _log(self, error):
        print('Runner "%s": %s' % (self.runner, error or type(error).__name__), file=sys.stderr, flush=True)

    def _take(self, connection, frame):
        if frame.type == wire.CALL:
            with self.changed:
                connection.calls.append(frame)
                if connection not in self.turns:
                    self.turns.append(connection)
                self.changed.notify()
        elif frame.type == wire.CANCEL and self._drop(connection, frame.id):
            aborted = BentoError("The call was aborted by its caller.", code="CALL_ABORTED", status_code=499)
            connection.send(_error_frame(frame.id, aborted))

    def _drop(self, connection, id):
        """Takes a call that has not begun out of the queue."""
        with self.changed:
            for call in connection.calls:
                if call.id == id:
                    connection.calls.remove(call)
                    return True
        return False

    def _next(self):
        """The first call of the connection whose turn it is; that connection then goes to the end."""
        with self.changed:
            while not self.is_stopping:
                while self.turns:
                    connection = self.turns.popleft()
                    if not connection.calls:
                        continue
                    frame = connection.calls.popleft()
                    if connection.calls:
                        self.turns.append(connection)
                    return connection, frame
                self.changed.wait()
        return None

    def _answer(self, frame):
        if 0 < frame.deadline < machine_now():
            late = BentoError("The call came too late to be run.", code="RUNNER_TIMEOUT", status_code=504)
            return _error_frame(frame.id, late)
        started = time.perf_counter()
        try:
            call = frame.read_head()
            args = values.unpack(call["args"], frame.tensors)
            calls.begin_batch(call.get("origins"))
            head, tensors = values.pack(self.loaded.call(call["method"], args))
            head["runMs"] = (time.perf_counter() - started) * 1000
            return wire.encode_frame(wire.RESULT, frame.id, head, tensors)
        except BaseException as error:
            # SystemExit as well: a call ends, not the worker with all that wait for it.
            return _error_frame(frame.id, error)
        finally:
            calls.end_batch()


def _error_frame(id, error):
    """An error that the Runnable did not raise on purpose crosses as text for the log only."""
    if isinstance(error, BentoError):
        try:
            return wire.encode_frame(wire.ERROR, id, _public_head(error))
        except Exception as broken:
            broken.__cause__ = error
            error = broken
    head = {
        "name": type(error).__name__,
        "code": "RUNNER_FAILED",
        "statusCode": 500,
        "message": "The Runnable failed.",
        "log": describe(error),
    }
    return wire.encode_frame(wire.ERROR, id, head)


def _public_head(error):
    head = {
        "name": type(error).__name__,
        "code": str(error.code),
        "statusCode": int(error.status_code),
        "message": str(error),
    }
    # A subclass may have left out super().__init__().
    details = getattr(error, "details", None)
    if details is not None:
        try:
            head["details"] = values.to_json(dict(details))
        except (TypeError, ValueError, UnsupportedValueError) as reason:
            print("Details of %s are left out: %s" % (head["name"], reason), file=sys.stderr, flush=True)
    return head
