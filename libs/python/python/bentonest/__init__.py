"""BentoNest for Python.

For a Runnable that a worker process of ``pythonRunner`` serves: ``Runnable``, ``runnable_method``,
``current_calls`` and ``BentoError``. For a web application that is mounted beside the services: ``get_runner``. This package is
on the path of both; numpy is its only dependency.
"""

from .calls import CallOrigin, current_calls
from .errors import BentoError
from .runnable import Runnable, runnable_method

__all__ = ["BentoError", "CallOrigin", "Runnable", "current_calls", "get_runner", "runnable_method"]


def __getattr__(name):
    # Imported when it is named: a worker has no use for it.
    if name != "get_runner":
        raise AttributeError("module %r has no attribute %r" % (__name__, name))
    from .client import get_runner

    return get_runner
