"""A wall clock that a test can set while the server runs."""

import os
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


class WallClock:
    """The wall clock of servers that are started with this `environment`."""

    def __init__(self, directory):
        self._library = directory / "clock.so"
        self._offset = directory / "offset"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self._library, SOURCE, "-ldl"], check=True)
        self.set(0)

    @property
    def environment(self):
        return {"LD_PRELOAD": str(self._library), "WALL_CLOCK_OFFSET": str(self._offset)}

    def set(self, seconds):
        """Shifts the clock by this number of seconds."""
        new = self._offset.with_suffix(".new")
        new.write_text(str(seconds))
        os.replace(new, self._offset)
