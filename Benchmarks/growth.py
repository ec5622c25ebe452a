"""The growth of the cost of a flow."""

from run import most_connections
from tables import print_table


class Growth:
    """Flows of Ringback over WebSocket, in cases that differ in one respect."""

    def cases(self, settings):
        """Row → the options of the load."""
        raise NotImplementedError

    def measure(self, run):
        return {"growth": run.in_turns("flow", {
            row: (run.ringback, options) for row, options in self.cases(run.settings).items()})}

    def print(self, tables):
        figures = tables["growth"]
        first = next(iter(figures.values))
        print_table(
            f"How the cost of a flow grows with {self.what}",
            ["", "server CPU per flow, µs", "× the first", "flows/s"],
            [[row, figures.text(row, "cpuPerFlow"), figures.ratio(row, first, "cpuPerFlow"),
              figures.text(row, "flowsPerSecond")] for row in figures.values])


class GrowthData(Growth):
    name = "growth-data"
    what = "what is in the database, 500 pairs"

    def cases(self, settings):
        cases = {"1,000 users, 0 events": dict(users=1000)}
        for events in [0, 1000, 1_000_000] + [10_000_000] * settings.large:
            cases[f"100,000 users, {events:,} events"] = dict(
                users=100_000, events=events)
        return {row: dict(pairs=500, **options) for row, options in cases.items()}


class GrowthDevices(Growth):
    name = "growth-devices"
    what = "the devices of each user, all connected, 50 pairs"

    def cases(self, settings):
        return {str(devices): dict(pairs=50, users=1000, devices=devices) for devices in (1, 4, 16)}


class GrowthSockets(Growth):
    name = "growth-sockets"
    what = "the idle sockets beside 50 pairs"

    def cases(self, settings):
        return {f"{sockets:,}": dict(pairs=50, idle=sockets) for sockets in (0, 1000, 10_000, most_connections() - 1000)}
