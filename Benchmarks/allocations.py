"""The allocations of a call."""

import os
import tempfile

from servers import Ringback
from tables import print_table


class Allocations:
    """Complete calls on a server whose `malloc` is counted (Sources/allocations)."""

    name = "allocations"

    def measure(self, run):
        def count(server):
            with tempfile.NamedTemporaryFile(dir=run.databases.folder) as file:
                file.truncate(16)
                environment = os.environ | {"LD_PRELOAD": run.settings.allocations, "ALLOCATIONS": file.name}
                counted = Ringback(run.settings.ringback, run.databases, server.options["transport"],
                                   environment=environment)
                return run.load("flow", counted, pairs=50, seconds=run.seconds, allocations=file.name)

        # The counts hardly vary between rounds.
        return {"allocations": run.rounds({server.name: server for server in (run.ringback, run.poll)}, count, 1)}

    def print(self, tables):
        figures = tables["allocations"]
        print_table("Allocations of a call, 50 pairs", ["", "per flow", "bytes"],
                    [[row, figures.text(row, "allocations"), figures.text(row, "bytesAllocated")]
                     for row in figures.values])
