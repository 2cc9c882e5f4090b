"""Serves a mounted web application: ``python -m bentonest.serve uvicorn|gunicorn <arguments of the server>``.

The server is the real one. It gets a guard: standard input is a pipe that the parent holds, and when the
parent is gone, killed even, this process and all that it started end, too.
"""

import importlib.util
import os
import runpy
import signal
import sys
import threading
import time

#: For what the application does when it is asked to end.
_GRACE_S = 2.0


def main():
    server = sys.argv[1]
    if importlib.util.find_spec(server) is None:
        sys.exit(
            "%s is not installed for %s. Install it there, or add it to the mount's requirements."
            % (server, sys.executable)
        )
    threading.Thread(target=_end_with_parent, args=(os.getpid(),), daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(server, run_name="__main__", alter_sys=True)


def _end_with_parent(pid):
    while os.read(0, 4096):
        pass
    # The parent made this process the leader of a group of its own.
    _signal_all(pid, signal.SIGTERM)
    time.sleep(_GRACE_S)
    _signal_all(pid, signal.SIGKILL)


def _signal_all(pid, number):
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        os.kill(os.getpid(), number)


if __name__ == "__main__":
    main()
