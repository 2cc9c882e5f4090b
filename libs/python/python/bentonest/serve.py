"""Serves a mounted web application, and ends it with its parent.

``python -m bentonest.serve uvicorn|gunicorn <arguments of the server>`` runs the real server, in the version
that the interpreter has; ``python -m bentonest.serve -- <program> <arguments>`` any program.

This process is the guard: the server is its child, in the process group that the parent made. Standard input
is a pipe that the parent holds. When the parent is gone, killed even, the whole group ends, whatever runs
in it: an application that holds the interpreter's lock cannot keep the guard from it. The sockets go, too.
"""

import importlib.util
import json
import os
import runpy
import signal
import sys
import threading
import time

#: For what the application does when it is asked to end.
_GRACE_S = 1.0

#: The parent was gone before the server.
_orphaned = threading.Event()


def main():
    arguments = sys.argv[1:]
    # Also of the server: it is for the parent, which says when to end.
    signal.signal(signal.SIGHUP, lambda *_: None)
    child = os.fork()
    if child == 0:
        _run(arguments)
        return
    # The parent asks the whole group to end: the guard stays for as long as there is something to guard.
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _end_as(child)


def _run(arguments):
    # The pipe is the guard's alone.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    if arguments[0] == "--":
        _run_program(arguments[1:])
    server = arguments[0]
    if importlib.util.find_spec(server) is None:
        sys.exit(
            "%s is not installed for %s. Install it there, or add it to the mount's requirements."
            % (server, sys.executable)
        )
    sys.argv = arguments
    runpy.run_module(server, run_name="__main__", alter_sys=True)


def _run_program(command):
    try:
        # A handler would be lost.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(
            "Expected the command of the mount to begin with a program, got %r (%s). Install it, or add it to the "
            "mount's requirements." % (command[0], error.strerror)
        )


def _end_as(child):
    """Ends this process as its child ended, so that the parent sees how."""
    _, status = os.waitpid(child, 0)
    if _orphaned.is_set():
        _remove_sockets()
    if not os.WIFSIGNALED(status):
        # At once: the thread waits for the parent.
        os._exit(os.WEXITSTATUS(status))
    number = os.WTERMSIG(status)
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)


def _end_with_parent():
    while os.read(0, 4096):
        pass
    _orphaned.set()
    # The parent made this process the leader of a group of its own.
    os.killpg(0, signal.SIGTERM)
    time.sleep(_GRACE_S)
    _remove_sockets()
    os.killpg(0, signal.SIGKILL)


def _remove_sockets():
    """The parent made the folders of the application's socket and the runners': after its death the last guard
    removes them. Nothing else is removed, whatever is in them.
    """
    runners = json.loads(os.environ.get("BENTONEST_RUNNERS", "{}"))
    paths = [os.environ.get("BENTONEST_SOCKET"), *runners.values()]
    for path in filter(None, paths):
        for remove, name in ((os.unlink, path), (os.rmdir, os.path.dirname(path))):
            try:
                remove(name)
            except OSError:
                pass


if __name__ == "__main__":
    main()
