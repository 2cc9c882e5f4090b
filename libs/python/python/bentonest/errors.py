"""Errors that reach the caller with their own code, status and message."""

import traceback


class BentoError(Exception):
    """An error raised on purpose: a client may read its message.

    Subclasses set ``code`` and ``status_code``; anything else that a Runnable raises is a 500 whose
    traceback is in the server's log only. ``details`` is a dict of JSON, for programs.
    """

    code = "RUNNABLE_ERROR"
    status_code = 500

    def __init__(self, message, status_code=None, code=None, details=None):
        super().__init__(message)
        if status_code is not None:
            self.status_code = status_code
        if code is not None:
            self.code = code
        self.details = details


class WireProtocolError(Exception):
    """Bytes that are no frame of this version."""

    def __init__(self, got):
        super().__init__(
            "Expected a frame of the runner protocol, got %s. Do both processes run the same bentonest?" % got
        )


class UnsupportedValueError(BentoError):
    """An argument or a result that cannot cross between the processes."""

    code = "UNSUPPORTED_VALUE"
    status_code = 500


def describe(error):
    """The error in one line, and its traceback below it: for the server's log."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return "%s: %s\n%s" % (type(error).__name__, error, "".join(lines))
