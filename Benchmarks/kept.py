"""The results of earlier runs, part by part, so that a run can continue where another one ended."""

import hashlib
import json
import pathlib
import time

from tables import Figures

FOLDER = pathlib.Path(__file__).parent.parent / "artifacts" / "bench"


class Kept:
    """The parts that were measured with the same server."""

    def __init__(self, binary):
        self.version = hashlib.sha256(pathlib.Path(binary).read_bytes()).hexdigest()

    def save(self, part, tables, settings):
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{part}.json").write_text(json.dumps({
            "version": self.version, "time": time.strftime("%Y-%m-%d %H:%M"), "rounds": settings.rounds,
            "seconds": settings.seconds, "tables": {name: figures.values for name, figures in tables.items()}}))

    def load(self):
        """part → table → figures, and part → when and how it was measured."""
        tables, notes = {}, {}
        for path in sorted(FOLDER.glob("*.json")):
            part = json.loads(path.read_text())
            if part["version"] != self.version:
                continue
            tables[path.stem] = {name: Figures(values) for name, values in part["tables"].items()}
            notes[path.stem] = f"{part['time']}, {part['rounds']} rounds of {part['seconds']:g} s"
        return tables, notes
