"""Entry point of a Python worker: ``python -m bentonest.worker``, started by the pool.

The pool speaks over the descriptor that NODE_CHANNEL_FD names, JSON in lines, as Node's fork does: it
sends init and stop, and closes it when it is gone. Calls come over the unix socket.
"""

import json
import os
import signal
import socket
import sys
import threading
import traceback


class Supervisor:
    """The pool's end: what it says, and that it lives."""

    def __init__(self):
        self.channel = socket.socket(fileno=int(os.environ.pop("NODE_CHANNEL_FD")))
        self.channel.setblocking(True)
        self.lines = self.channel.makefile("r", encoding="utf-8")
        self.socket_path = None
        self.loaded = None

    def receive(self):
        """The next message of ours; ends this process when the pool is gone."""
        while True:
            line = self.lines.readline()
            if not line:
                self.end()
            message = json.loads(line)
            if message.get("type") in ("init", "stop"):
                return message

    def send(self, message):
        self.channel.sendall(json.dumps(message).encode() + b"\n")

    def watch(self):
        """Waits for the stop, or for the pool's end; also while a call runs, in a thread of its own."""
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        self.receive()
        try:
            if self.loaded is not None:
                self.loaded.close()
        except Exception:
            traceback.print_exc()
        self.remove_socket()
        os._exit(0)

    def end(self):
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


def warm_up(runner, loaded, times):
    for _ in range(times):
        for call in loaded.example_calls():
            try:
                loaded.call(call["method"], call["args"])
            except Exception as error:
                message = 'Runner "%s": warm-up call of "%s" failed: %r'
                print(message % (runner, call["method"], error), file=sys.stderr)
                return


def main():
    # Signals to the process group are for the API process; it tells us when to go.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    supervisor = Supervisor()
    init = supervisor.receive()
    supervisor.socket_path = init["socketPath"]
    supervisor.watch()
    try:
        import numpy  # noqa: F401
    except ImportError as error:
        reason = "numpy is not installed for %s (%s). Add it to the runner's requirements."
        supervisor.send({"type": "failed", "reason": reason % (sys.executable, error)})
        sys.exit(1)
    from .runnable import load_runnable
    from .server import Server, describe

    try:
        loaded = load_runnable(init["moduleUrl"], init["className"], init.get("options"))
        supervisor.loaded = loaded
        warm_up(init["runner"], loaded, init.get("warmup", 0))
        server = Server(init["runner"], loaded)
        server.listen(init["socketPath"])
    except BaseException as error:
        supervisor.send({"type": "failed", "reason": describe(error)})
        sys.exit(1)
    supervisor.send({"type": "ready"})
    server.run()


if __name__ == "__main__":
    main()
