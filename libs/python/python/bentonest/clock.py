"""The clock of deadlines on the wire; libs/runner/src/wire/machine-clock.ts describes it."""

import sys
import time


def _machine_clock():
    """What Node reads for process.hrtime(): the same origin in all processes of the machine."""
    if sys.platform == "darwin":
        return lambda: time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    return time.perf_counter if sys.platform == "win32" else time.monotonic


_now = _machine_clock()


def machine_now():
    """In milliseconds."""
    return _now() * 1000
