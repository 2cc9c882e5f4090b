"""The requests that run now: those of a worker's batch, or that of a mounted application."""

import collections
import contextvars

CallOrigin = collections.namedtuple("CallOrigin", ["request_id", "traceparent"])
CallOrigin.__doc__ = """The request that a call is made for; ``traceparent`` is W3C's, None where nobody traces."""

#: Of a mounted application, where each thread or task serves a request of its own.
_request = contextvars.ContextVar("bentonest_request", default=None)

#: Of a worker, which runs one batch at a time. A plain name: threads of the Runnable's own see it, too.
_batch = ()


def current_calls():
    """The requests that the running batch is for, as CallOrigins; one in a mounted application.

    Empty for calls that no request has made, and where nothing runs.
    """
    request = _request.get()
    return [request] if request is not None else [_origin_of(entry) for entry in _batch]


def begin_batch(origins):
    """``origins`` are the call frame's, None where it has none."""
    global _batch
    _batch = origins or ()


def end_batch():
    begin_batch(None)


def begin_request(request_id, traceparent):
    """In a mounted application, for this task or thread until its next request."""
    _request.set(CallOrigin(request_id, traceparent) if request_id else None)


def wire_origins():
    """For the head of a call that is made here; None outside of a request."""
    request = _request.get()
    if request is None:
        return None
    return [[request.request_id] if request.traceparent is None else list(request)]


def _origin_of(entry):
    return CallOrigin(entry[0], entry[1] if len(entry) > 1 else None)
