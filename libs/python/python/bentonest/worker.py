"""Entry point of a Python worker: ``python -m bentonest.worker <runner>``, started by the pool.

The pool speaks over the descriptor that NODE_CHANNEL_FD names, JSON in lines, as Node's fork does: it
sends init and stop, and closes it when it is gone. Calls come over the unix socket. The runner's name
among the arguments is for who reads the list of processes.
"""

import json
import os
import select
import signal
import socket
import sys
import threading
import traceback

from . import log
from .errors import describe


#: How often we look whether the parent lives: less than a SIGHUP's second.
_LOOK_S = 0.4


class Supervisor:
    """The pool's end: what it says, and that it lives."""

    def __init__(self):
        descriptor = int(os.environ.pop("NODE_CHANNEL_FD"))
        # Programs that the Runnable starts must not keep it open.
        os.set_inheritable(descriptor, False)
        self.channel = socket.socket(fileno=descriptor)
        self.channel.setblocking(True)
        # Not makefile(): the interpreter aborts at its end where a thread is reading one.
        self.received = b""
        self.socket_path = None

    def receive(self):
        """The next message of ours; ends this process when the pool is gone."""
        while True:
            line, newline, rest = self.received.partition(b"\n")
            if not newline:
                self.received += self._read()
                continue
            self.received = rest
            message = json.loads(line.decode())
            if message.get("type") == "log-level":
                log.set_level(message["level"])
            elif message.get("type") in ("init", "stop"):
                return message

    def _read(self):
        while not select.select([self.channel], [], [], _LOOK_S)[0]:
            take_back_last_resort()
        try:
            chunk = self.channel.recv(65536)
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            self.end_with_parent()
        return chunk

    def send(self, message):
        self.channel.sendall(json.dumps(message).encode() + b"\n")

    def watch(self, on_stop):
        """Waits for the stop, and for the pool's end; in a thread, because a call may be running."""

        def watch():
            while True:
                self.receive()
                on_stop()

        threading.Thread(target=watch, daemon=True).start()

    def end_with_parent(self):
        self.remove_socket()
        if self.socket_path is not None:
            try:
                # The API process made the folder; after its death the last worker removes it.
                os.rmdir(os.path.dirname(self.socket_path))
            except OSError:
                pass
        os._exit(0)

    def remove_socket(self):
        try:
            if self.socket_path is not None:
                os.unlink(self.socket_path)
        except FileNotFoundError:
            pass


def ignore_signals():
    """Signals to the process group are for the API process; it tells us when to go.

    With a handler that does nothing, for SIG_IGN would be inherited by what the Runnable starts.
    """
    ignored = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
    for number in ignored:
        signal.signal(number, lambda *_: None)

    def restore():
        for number in ignored:
            signal.signal(number, signal.SIG_DFL)

    os.register_at_fork(after_in_child=restore)


def set_last_resort():
    """Ends this process after its parent, also where no thread of ours can run.

    A call may hold the interpreter's lock for ever: a regular expression does. Linux can send a signal at
    the parent's death, and its handler is C's own alarm(): SIGHUP is 1, and so SIGALRM ends us a second
    later, unless the thread that watches has done so and has tidied up. While the parent lives, that thread
    takes it back: the SIGHUP was another's.
    """
    if not sys.platform.startswith("linux") or signal.getsignal(signal.SIGALRM) != signal.SIG_DFL:
        return
    try:
        import ctypes

        libc = ctypes.CDLL(None)
        set_handler = libc.signal
        set_handler.argtypes = [ctypes.c_int, ctypes.c_void_p]
        set_handler.restype = ctypes.c_void_p
        set_handler(signal.SIGHUP, ctypes.cast(libc.alarm, ctypes.c_void_p))
        PR_SET_PDEATHSIG = 1
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGHUP), 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass  # The thread that watches is there all the same.


def take_back_last_resort():
    """A Runnable that has a use for SIGALRM keeps it."""
    if signal.getsignal(signal.SIGALRM) == signal.SIG_DFL:
        signal.alarm(0)


def warm_up(runner, loaded, times):
    for _ in range(times):
        for call in loaded.example_calls():
            try:
                loaded.call(call["method"], call["args"])
            except Exception as error:
                failure = 'example call of "%s" failed: %r' % (call["method"], error)
                if not call.get("optional"):
                    cure = "Mend the example, or give it optional: True."
                    raise RuntimeError("The %s. %s" % (failure, cure)) from error
                print('Runner "%s": warm-up: the %s' % (runner, failure), file=sys.stderr, flush=True)
                return


class Worker:
    """From init to stop."""

    def __init__(self, supervisor, init):
        self.supervisor = supervisor
        self.init = init
        self.server = None

    def on_stop(self):
        if self.server is not None:
            self.server.stop()
            return
        # It is still loading, and nobody waits for it any more.
        self.supervisor.remove_socket()
        os._exit(0)

    def load(self):
        from .runnable import load_runnable
        from .server import Server

        init = self.init
        loaded = load_runnable(init["runner"], init["moduleUrl"], init["className"], init.get("options"))
        warm_up(init["runner"], loaded, init.get("warmup", 0))
        server = Server(init["runner"], loaded)
        server.listen(init["socketPath"])
        self.server = server

    def serve(self):
        self.server.run()
        try:
            self.server.loaded.close()
        except Exception:
            traceback.print_exc()
        self.supervisor.remove_socket()


def main():
    ignore_signals()
    set_last_resort()
    supervisor = Supervisor()
    init = supervisor.receive()
    supervisor.socket_path = init["socketPath"]
    log.configure(init["runner"], init.get("log", {}))
    worker = Worker(supervisor, init)
    supervisor.watch(worker.on_stop)
    try:
        worker.load()
    except BaseException as error:
        supervisor.send({"type": "failed", "reason": reason_of(error)})
        sys.stdout.flush()
        # At once: sys.exit would wait for threads that the Runnable started.
        os._exit(1)
    supervisor.send({"type": "ready"})
    worker.serve()


def reason_of(error):
    if isinstance(error, ImportError) and error.name == "numpy":
        return "numpy is not installed for %s (%s). Install it there, or add it to the runner's requirements." % (
            sys.executable,
            error,
        )
    return describe(error)


if __name__ == "__main__":
    main()
