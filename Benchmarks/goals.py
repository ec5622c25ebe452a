"""Compares the measurements with the goals."""

import operator
import statistics

from cluster import ONE_NODE, SPREED, SQLITE, THREE_NODES
from flows import NODE, POLL, RINGBACK, UNKEYED
from tables import print_table, spread

AT_MOST, AT_LEAST, BELOW = "at most", "at least", "below"
IS_MET = {AT_MOST: operator.le, AT_LEAST: operator.ge, BELOW: operator.lt}
DIGITS = {"×": 2, "KB": 1, "µs": 0, "ms": 0}
WEBSOCKET, WS = NODE
EMPTY = "1,000 users, 0 events"


def goals(figures):
    """(description, a key of IS_MET, the goal, its unit, the values by round; None if it was not measured)

    Parameter figures: returns those of a table, None if it was not measured.
    """
    for pairs in ("50", "500"):
        flow = figures("flow", pairs)
        for relay, most in ((WS, 0.9), (WEBSOCKET, 1)):
            yield (f"server CPU per flow, WebSocket, {pairs} pairs, against {relay}", AT_MOST, most, "×",
                   flow and flow.ratios(RINGBACK, relay, "cpuPerFlow"))
        yield (f"server CPU per flow, WebSocket, {pairs} pairs, with keys against without", AT_MOST, 1.1, "×",
               flow and flow.ratios(RINGBACK, UNKEYED, "cpuPerFlow"))
    latency = figures("latency", "latency")
    yield (f"server CPU per message, WebSocket, 2,000 messages/s over 100 pairs, against {WS}", AT_MOST, 2, "×",
           latency and latency.ratios(RINGBACK, WS, "cpuPerMessage"))
    for relay in NODE:
        for name, most in (("p50", 1000), ("p99", 5000)):
            yield (f"delivery {name}, WebSocket, 2,000 messages/s, beyond {relay}", AT_MOST, most, "µs",
                   latency and latency.differences(RINGBACK, relay, name))
    flow = figures("flow", "500")
    for relay in NODE:
        yield (f"flows/s, WebSocket, 500 pairs, against {relay}", AT_LEAST, 1, "×",
               flow and flow.ratios(RINGBACK, relay, "flowsPerSecond"))
    for pairs in ("50", "500"):
        flow = figures("flow", pairs)
        yield (f"server CPU per flow, REST and long-poll, {pairs} pairs, against WebSocket", AT_MOST, 2.2, "×",
               flow and flow.ratios(POLL, RINGBACK, "cpuPerFlow"))
    idle = figures("idle", "10000")
    yield (f"server CPU per connection (TCP, upgrade, hello, snapshot), 10,000 of them, against {WS} (the first two)",
           AT_MOST, 2, "×", idle and idle.ratios(RINGBACK, WS, "cpuPerConnect"))
    for row, what, most in ((RINGBACK, "idle WebSocket, signed in", 6), (POLL, "parked long-poll", 16)):
        yield (f"memory per {what}, 10,000 of them", AT_MOST, most, "KB",
               idle and [value / 1000 for value in idle.values[row]["bytesPerConnection"]])
    growth = figures("growth-data", "growth")
    for row in ("100,000 users, 1,000,000 events", "100,000 users, 10,000,000 events"):
        yield (f"CPU of a flow, {row}, against {EMPTY}", AT_MOST, 1.2, "×",
               growth and row in growth.values and growth.ratios(row, EMPTY, "cpuPerFlow"))
    latency = figures("cluster-latency", "latency")
    for pairs in ("50", "500"):
        flow = figures("cluster-flow", pairs)
        yield (f"CPU per flow of node and PostgreSQL together, {pairs} pairs, one node, against SQLite", AT_MOST, 4, "×",
               flow and flow.ratios(ONE_NODE, SQLITE, "cpuPerFlow"))
        yield ("the same with caller and callee at two of three nodes, against one node", AT_MOST, 1.5, "×",
               flow and flow.ratios(THREE_NODES, ONE_NODE, "cpuPerFlow"))
        yield ("flows/s with caller and callee at different nodes, against nextcloud-spreed-signaling", AT_LEAST, 0.5,
               "×", flow and flow.ratios(THREE_NODES, SPREED, "flowsPerSecond"))
    for name, most in (("p50", 3000), ("p99", 20_000)):
        yield (f"delivery {name} across nodes, 500 messages/s, beyond SQLite", AT_MOST, most, "µs",
               latency and latency.differences(THREE_NODES, SQLITE, name))
    start = figures("start", "start")
    yield ("start to ready, 1,000,000 events", BELOW, 1000, "ms",
           start and [value * 1000 for value in start.values["1,000,000"]["took"]])


def print_goals(kept):
    rows = []
    for what, relation, goal, unit, values in goals(lambda part, table: kept.get(part, {}).get(table)):
        median = statistics.median(values) if values else None
        rows.append([
            what, f"{relation} {goal:,} {unit}", f"{spread(values, DIGITS[unit])} {unit}" if values else "",
            "not measured" if not values else "met" if IS_MET[relation](median, goal) else "**not met**"])
    print_table("Goals", ["", "goal", "median", ""], rows)
