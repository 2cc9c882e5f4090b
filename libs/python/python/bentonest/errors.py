"""Errors that reach the caller with their own code, status and message."""


class BentoError(Exception):
    """An error raised on purpose: a client may read its message.

    Subclasses set ``code`` and ``status_code``; anything else that a Runnable raises is a 500 whose
    traceback is in the server's log only.
    """

    code = "RUNNABLE_ERROR"
    status_code = 500

    def __init__(self, message, *, code=None, status_code=None, details=None):
        super().__init__(message)
        if code is not None:
            self.code = code
        if status_code is not None:
            self.status_code = status_code
        self.details = details


class WireProtocolError(Exception):
    """Bytes that are no frame of this version."""


class UnsupportedValueError(BentoError):
    """A result that cannot cross to the API process."""

    code = "UNSUPPORTED_VALUE"
    status_code = 500
