"""Runners of the server beside which this application is mounted: ``get_runner(name)``.

Calls go to the server's process over a unix socket, by the protocol that workers speak, and join the
batches of all other calls. ``run`` has a connection for each thread, ``async_run`` one for each event loop.
"""

import asyncio
import json
import numbers
import os
import socket
import threading

from . import calls, values, wire
from .clock import machine_now
from .errors import BentoError, WireProtocolError

#: The server sets it: the runners' sockets by their names, in JSON.
VARIABLE = "BENTONEST_RUNNERS"

#: With all of a turn in one write, 32 clients go in step: server, application and worker each wait for the others.
_MAX_GATHERED = 8


class RunnerUnavailableError(BentoError):
    """The server is not there, or is ending."""

    code = "RUNNER_UNAVAILABLE"
    status_code = 503


class UnknownRunnerError(BentoError):
    """The server has no runner of this name."""

    code = "RUNNER_NOT_REGISTERED"
    status_code = 500


def get_runner(name):
    """The runner of this name, as the server's modules register it.

    ``r.predict.run(x)`` and ``await r.predict.async_run(x)`` take numpy arrays, dicts of them, pandas'
    DataFrames or JSON, and return the same; ``r.model.tag.name`` and ``r.model.tag.version`` say which
    model it serves. Nothing is connected before it is used.

    Raises UnknownRunnerError, with the names that there are.
    """
    try:
        paths = json.loads(os.environ[VARIABLE])
    except KeyError:
        raise UnknownRunnerError(
            "Expected to run beside a BentoNest server, which sets %s. Mount the application with mountAsgi or "
            "mountWsgi." % VARIABLE
        ) from None
    if name not in paths:
        known = ", ".join(sorted(paths)) or "none"
        raise UnknownRunnerError("Expected the name of a runner, got %r. There are: %s." % (name, known))
    return Runner(name, paths[name])


class InvalidCallOptionsError(BentoError):
    """An option of a call is no value that it may have."""

    code = "INVALID_RUNNER_OPTIONS"
    status_code = 500


class Tag:
    """Name and version of a model."""

    def __init__(self, name, version):
        self.name = name
        self.version = version

    def __str__(self):
        return self.name if self.version is None else "%s:%s" % (self.name, self.version)


class Model:
    """The model that a runner serves."""

    def __init__(self, tag):
        self.tag = tag


class Runner:
    """A model of the server. Its methods are attributes: ``runner.predict.run(x)``."""

    def __init__(self, name, path):
        self.name = name
        self._path = path
        self._threads = _Threads(path)
        self._loops = _Loops(path)

    @property
    def model(self):
        """The model with its tag, once it is loaded; None for a runner whose model has no tag.

        It is asked for anew each time: the runner may have loaded another version since.
        """
        connection = _ThreadConnection(self._path)
        connection.close()
        model = connection.hello["metadata"]["model"]
        return None if model is None else Model(Tag(model["name"], model.get("version")))

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        method = RunnerMethod(name, self._threads, self._loops)
        setattr(self, name, method)
        return method


class RunnerMethod:
    """A method of a runner."""

    def __init__(self, name, threads, loops):
        self.name = name
        self._threads = threads
        self._loops = loops

    def run(self, *args, timeout_ms=None):
        """Calls the method and waits, for at most ``timeout_ms`` milliseconds or the runner's own deadline.

        Raises BentoError with the code and the status that the runner answers: RUNNER_TIMEOUT (504) where
        the time was over, RUNNER_OVERLOADED (503) where it would be.
        """
        return self._threads.connection().call(self.name, args, timeout_ms)

    async def async_run(self, *args, timeout_ms=None):
        """The same in an event loop, which goes on meanwhile. Cancelling it takes the call out of the queue."""
        connection = await self._loops.connection()
        return await connection.call(self.name, args, timeout_ms)


class _Threads:
    """Connections of threads; a process that was forked has none of its parent's."""

    def __init__(self, path):
        self._path = path
        self._local = threading.local()

    def connection(self):
        connection = getattr(self._local, "connection", None)
        if connection is None or connection.pid != os.getpid() or connection.is_closed:
            connection = self._local.connection = _ThreadConnection(self._path)
        return connection


class _ThreadConnection:
    """One call at a time."""

    def __init__(self, path):
        self.pid = os.getpid()
        self.is_closed = False
        self._id = 0
        self._stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._stream.connect(path)
            self.hello = self._read().read_head()
        except BaseException as error:
            self.close()
            raise _as_raised(error)

    def call(self, method, args, timeout_ms):
        self._id = self._id % 0xFFFFFFFF + 1
        data = _encode_call(self._id, method, args, timeout_ms)
        try:
            self._stream.sendall(data)
            frame = self._read()
            if frame.id != self._id:
                raise WireProtocolError("the answer of call %d for call %d" % (frame.id, self._id))
        except BaseException as error:
            # Whatever it was, and gunicorn ends a thread so, too: what comes still would be taken for the
            # next call's answer.
            self.close()
            raise _as_raised(error)
        return _result_of(frame)

    def close(self):
        self.is_closed = True
        self._stream.close()

    def _read(self):
        frame = wire.read_frame(self._fill)
        if frame is None:
            raise ConnectionResetError("the server closed the connection")
        return frame

    def _fill(self, view):
        view = view.cast("B")
        while len(view):
            count = self._stream.recv_into(view)
            if count == 0:
                return False
            view = view[count:]
        return True


class _Loops:
    """Connections of event loops."""

    def __init__(self, path):
        self._path = path
        self._connections = {}
        self._lock = threading.Lock()

    async def connection(self):
        loop = asyncio.get_running_loop()
        connection = self._connections.get(loop)
        if connection is None or connection.is_closed:
            self._drop_closed()
            connection = self._connections[loop] = _LoopConnection()
            connection.opening = asyncio.ensure_future(connection.open(loop, self._path))
        try:
            await asyncio.shield(connection.opening)
        except OSError as error:
            connection.is_closed = True
            raise _unavailable() from error
        return connection

    def _drop_closed(self):
        """A loop that is closed leaves its connection open: ``asyncio.run`` makes a loop for each call."""
        with self._lock:
            # Another thread may add its own meanwhile.
            closed = [loop for loop in list(self._connections) if loop.is_closed()]
            connections = [self._connections.pop(loop) for loop in closed]
        for connection in connections:
            connection.release()


class _LoopConnection(asyncio.Protocol):
    """Any number of calls at a time."""

    def __init__(self):
        self.is_closed = False
        self.opening = None
        self._stream = None
        self._transport = None
        self._received = bytearray()
        self._pending = {}
        self._outgoing = []
        self._id = 0

    async def open(self, loop, path):
        self._stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._stream.setblocking(False)
            await loop.sock_connect(self._stream, path)
            await loop.create_unix_connection(lambda: self, sock=self._stream)
        except BaseException:
            self._stream.close()
            raise

    def release(self):
        """For a loop that is closed: its transport cannot close the socket any more."""
        self.is_closed = True
        if self._stream is not None:
            self._stream.close()

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        self._received += data
        while len(self._received) >= wire.HEADER.size:
            (length,) = wire.LENGTH.unpack_from(self._received)
            if len(self._received) < length:
                return
            source = _Source(self._received)
            try:
                frame = wire.read_frame(source.fill)
            except Exception as error:
                self._transport.abort()
                self.connection_lost(error)
                return
            del source
            del self._received[:length]
            future = self._pending.pop(frame.id, None)
            if frame.type != wire.HELLO and future is not None and not future.done():
                _settle(future, frame)

    def connection_lost(self, error):
        self.is_closed = True
        pending, self._pending = self._pending, {}
        for future in pending.values():
            if not future.done():
                future.set_exception(_unavailable())

    async def call(self, method, args, timeout_ms):
        if self.is_closed:
            raise _unavailable()
        id = self._id = self._id % 0xFFFFFFFF + 1
        data = _encode_call(id, method, args, timeout_ms)
        future = self._pending[id] = asyncio.get_running_loop().create_future()
        self._write(data)
        try:
            return await future
        except asyncio.CancelledError:
            if self._pending.pop(id, None) is not None and not self.is_closed:
                self._write(b"".join(wire.encode_frame(wire.CANCEL, id)))
            raise

    def _write(self, data):
        """What one turn of the loop sends goes out in few writes, and so it comes into few batches.

        Not in one: while this loop goes through many requests, the server begins with the first.
        """
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append(data)
        if len(self._outgoing) == _MAX_GATHERED:
            self._flush()

    def _flush(self):
        outgoing, self._outgoing = self._outgoing, []
        if outgoing and not self.is_closed:
            self._transport.write(b"".join(outgoing))


class _Source:
    """Gives what was received, from its beginning."""

    def __init__(self, received):
        self._received = received
        self._at = 0

    def fill(self, view):
        view = view.cast("B")
        end = self._at + len(view)
        view[:] = self._received[self._at:end]
        self._at = end
        return True


def _encode_call(id, method, args, timeout_ms):
    layouts, tensors = values.pack_all(args)
    deadline = 0.0 if timeout_ms is None else machine_now() + _check_timeout(timeout_ms)
    head = {"method": method, "args": layouts}
    origins = calls.wire_origins()
    if origins is not None:
        head["origins"] = origins
    return b"".join(wire.encode_frame(wire.CALL, id, head, tensors, deadline))


def _check_timeout(timeout_ms):
    is_number = isinstance(timeout_ms, numbers.Real) and not isinstance(timeout_ms, bool)
    if is_number and 0 < timeout_ms < float("inf"):
        return timeout_ms
    raise InvalidCallOptionsError(
        "timeout_ms of a call must be a positive number of milliseconds, got %r." % (timeout_ms,)
    )


def _settle(future, frame):
    try:
        future.set_result(_result_of(frame))
    except Exception as error:
        future.set_exception(error)


def _result_of(frame):
    head = frame.read_head()
    if frame.type == wire.ERROR:
        raise BentoError(head["message"], head["statusCode"], head["code"], head.get("details"))
    results = values.unpack(head["values"], frame.tensors)
    return results if head.get("many") else results[0]


def _as_raised(error):
    """What a caller gets for an error of the connection."""
    if not isinstance(error, OSError):
        return error
    unavailable = _unavailable()
    unavailable.__cause__ = error
    return unavailable


def _unavailable():
    return RunnerUnavailableError("The server's runners cannot be reached: it is ending, or has ended.")
