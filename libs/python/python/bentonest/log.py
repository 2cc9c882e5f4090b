"""The log of a worker: Python's ``logging``, in lines as the API processes write them."""

import errno
import json
import logging
import os
import select
import stat
import time

from .calls import current_calls

#: Of a batch, so many requests are named in a line.
_MOST_NAMED = 32

#: A line that finds no room is not waited for: a call is running.
_STDOUT = 1

#: Levels by the names that the server's configuration has; above all of Python's, nothing is written.
_LEVELS = {
    "trace": 5,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
    "silent": logging.CRITICAL + 1,
}

_NAMES = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}

#: What a record has by itself; all else was given as ``extra``.
_OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LineHandler(logging.Handler):
    """Writes a line for each record to standard output, with the ids of the requests that it is for."""

    def __init__(self, runner, pretty=False):
        super().__init__()
        self.runner = runner
        self.pretty = pretty
        self.dropped = 0
        mode = os.fstat(_STDOUT).st_mode
        self.is_pipe = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)

    def emit(self, record):
        try:
            entry = self.describe(record)
            self.write(entry)
        except Exception:
            self.handleError(record)

    def describe(self, record):
        entry = {
            "level": _level_of(record.levelno),
            "time": int(record.created * 1000),
            "pid": record.process,
            "runner": self.runner,
        }
        entry.update(_request_fields(current_calls()))
        entry["context"] = record.name
        for name, value in vars(record).items():
            if name not in _OWN and name not in entry:
                entry[name] = value
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, _ = record.exc_info
            stack = (self.formatter or _FORMATTER).formatException(record.exc_info)
            entry["err"] = {"type": kind.__name__, "message": str(error), "stack": stack}
        entry["msg"] = record.getMessage()
        return entry

    def write(self, entry):
        # The handler's lock is held, and the count is its own.
        if self.dropped and self._put(self._line(self._gap())):
            self.dropped = 0
        if self.dropped or not self._put(self._line(entry)):
            self.dropped += 1

    def _gap(self):
        message = "%d lines of the log were dropped: what reads it was too slow, or had no room."
        return {
            "level": 40,
            "time": int(time.time() * 1000),
            "pid": os.getpid(),
            "runner": self.runner,
            "context": "Log",
            "dropped": self.dropped,
            "msg": message % self.dropped,
        }

    def _line(self, entry):
        if self.pretty:
            return _readable(entry)
        return json.dumps(entry, default=str, ensure_ascii=False, separators=(",", ":")) + "\n"

    def _put(self, line):
        """False where nothing of the line was written: nobody waits for who reads it."""
        rest = line.encode("utf-8", "replace")
        begun = False
        while rest:
            if not select.select([], [_STDOUT], [], 0.1 if begun else 0)[1]:
                return begun
            try:
                # Each process that shares it and starts or ends makes it blocking again.
                if self.is_pipe:
                    os.set_blocking(_STDOUT, False)
                written = os.write(_STDOUT, rest)
            except OSError as error:
                if begun and error.errno == errno.EAGAIN:
                    continue
                return begun
            begun = begun or written > 0
            rest = rest[written:]
        return True


_FORMATTER = logging.Formatter()


def configure(runner, settings):
    """Gives Python's root logger the application's level and format; a handler of its own may be added."""
    root = logging.getLogger()
    root.addHandler(LineHandler(runner, pretty=settings.get("format") == "pretty"))
    set_level(settings.get("level", "info"))


def set_level(level):
    logging.getLogger().setLevel(_LEVELS.get(level, logging.INFO))


def _level_of(number):
    """The server's numbers are Python's and ten more, from debug on."""
    return min(60, max(10, number // 10 * 10 + 10))


def _request_fields(calls):
    if not calls:
        return {}
    named = calls[:_MOST_NAMED]
    fields = {"requestIds": [call.request_id for call in named]}
    traces = [call.traceparent[3:35] for call in named if call.traceparent]
    if traces:
        fields["traceIds"] = list(dict.fromkeys(traces))
    if len(calls) > _MOST_NAMED:
        fields["moreRequests"] = len(calls) - _MOST_NAMED
    return fields


def _readable(entry):
    said = {"level", "time", "pid", "runner", "context", "err", "msg"}
    clock = time.strftime("%H:%M:%S", time.localtime(entry["time"] / 1000))
    fields = {name: value for name, value in entry.items() if name not in said}
    rest = " " + json.dumps(fields, default=str, ensure_ascii=False) if fields else ""
    text = "[%s.%03d] %s: [%s] %s%s\n" % (
        clock,
        entry["time"] % 1000,
        _NAMES[entry["level"]],
        entry["runner"],
        entry["msg"],
        rest,
    )
    if "err" in entry:
        text += "".join("    %s\n" % line for line in entry["err"]["stack"].splitlines())
    return text
