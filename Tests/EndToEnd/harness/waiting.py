"""Waiting for a condition, with a deadline. No test sleeps for a fixed time."""

import threading
import time

STEP = 0.05


def eventually(condition, seconds, what):
    """Returns the first truthy value of the condition; fails with `what` and the last value after the timeout."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what}: not within {seconds} s (last: {value!r})")
        time.sleep(STEP)


class Together:
    """A thread whose join returns its result or raises its exception."""

    def __init__(self, work, *arguments):
        self._result = None
        self._error = None
        self._work = lambda: work(*arguments)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self._result = self._work()
        except BaseException as error:  # handed on by result()
            self._error = error

    def result(self, seconds):
        self._thread.join(seconds)
        if self._thread.is_alive():
            raise AssertionError(f"still running after {seconds} s")
        if self._error is not None:
            raise self._error
        return self._result
