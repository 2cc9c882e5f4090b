"""What a Runnable in Python needs of BentoNest: ``runnable_method``, ``BentoError``.

A worker process of a ``pythonRunner`` imports the user's module and calls its decorated methods. The
module is on PYTHONPATH there; numpy is its only dependency.
"""

from .errors import BentoError
from .runnable import runnable_method

__all__ = ["BentoError", "runnable_method"]
