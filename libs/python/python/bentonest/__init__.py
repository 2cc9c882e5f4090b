"""What a Runnable in Python needs of BentoNest: ``Runnable``, ``runnable_method``, ``BentoError``.

A worker process of a ``pythonRunner`` imports the user's module and calls its decorated methods. This
package is on its path there; numpy is its only dependency.
"""

from .errors import BentoError
from .runnable import Runnable, runnable_method

__all__ = ["BentoError", "Runnable", "runnable_method"]
