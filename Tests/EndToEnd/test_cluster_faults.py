"""Faults of a cluster while users go on: what was acknowledged is there once, and everybody sees the same.

`scripts/cluster-faults` does the same for longer, and prints its figures.
"""

import contextlib
import os
import subprocess
import tempfile
import time

import pytest

from harness import cluster_faults as faults
from harness.cluster import Cluster
from harness.cluster_load import Load, check_logs
from harness.postgresql import PostgreSQL
from harness.postgresql_proxy import PostgreSQLProxy
from harness.waiting import eventually

# How often, or for how many seconds.
SHORT = {
    faults.nodes_killed: 3, faults.node_stopped: 8, faults.node_dies_between_commit_and_signal: 3,
    faults.database_restarted: 1, faults.database_killed: 1, faults.connections_cut: 3, faults.database_slow: 3,
    faults.listeners_cut: 5, faults.disk_full: 3,
}
LONG = {
    faults.nodes_killed: 20, faults.node_stopped: 30, faults.node_dies_between_commit_and_signal: 10,
    faults.database_restarted: 5, faults.database_killed: 5, faults.connections_cut: 20, faults.database_slow: 30,
    faults.listeners_cut: 30, faults.disk_full: 20,
}
RACES = [
    faults.accepts_at_two_nodes, faults.hang_up_against_accept, faults.cancel_against_the_timer, faults.glare,
]
IS_LONG = os.environ.get("RINGBACK_FAULTS") == "long"
# Of the version before: `scripts/cluster-faults --old-binary PATH`.
OLD_BINARY = os.environ.get("RINGBACK_OLD_BINARY")


def tell(record_property, name, figures):
    record_property(name, str(figures))
    print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items()))


@contextlib.contextmanager
def running(cluster, artifacts):
    """Stops the nodes cleanly at the end; after a failure keeps their logs and kills them."""
    try:
        yield
        cluster.stop()
    except BaseException:
        cluster.keep_logs(artifacts)
        raise
    finally:
        cluster.kill()


@pytest.fixture
def small_disk():
    # A short path, for the name of a socket.
    folder = tempfile.mkdtemp(prefix="ringback-disk-")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160m", "ringback-test", folder], capture_output=True, text=True)
    assert mounted.returncode == 0, "run it by scripts/test: it mounts a file system: " + mounted.stderr
    yield folder
    subprocess.run(["umount", folder], check=True)
    os.rmdir(folder)


@pytest.mark.parametrize("fault", SHORT, ids=lambda fault: fault.__name__)
def test_users_go_on_over_a_fault(request, tmp_path, artifacts, record_property, fault):
    if fault is faults.disk_full:
        small = {"wal_recycle": "off", "min_wal_size": "32MB", "max_wal_size": "48MB"}
        database = PostgreSQL(folder=request.getfixturevalue("small_disk"), **small)
    else:
        database = request.getfixturevalue("database")
    proxy = PostgreSQLProxy(database)
    cluster = Cluster(tmp_path, database, proxy=proxy)
    try:
        with running(cluster, artifacts):
            load = Load(cluster)
            figures = fault(cluster, database, load, (LONG if IS_LONG else SHORT)[fault])
            tell(record_property, fault.__name__, {**figures, **load.finish()})
    finally:
        proxy.close()
        if fault is faults.disk_full:
            database.remove()


if OLD_BINARY:

    def test_nodes_are_replaced_by_those_of_the_next_version(database, tmp_path, artifacts, record_property):
        cluster = Cluster(tmp_path, database, binary=OLD_BINARY)
        with running(cluster, artifacts):
            load = Load(cluster)
            figures = faults.nodes_upgraded(cluster, database, load, 10)
            tell(record_property, "nodes_upgraded", {**figures, **load.finish()})


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_of_two_requests_at_two_nodes_one_has_its_way(cluster, record_property, race):
    rounds = 1000 if IS_LONG else 30
    began = time.monotonic()
    figures = race(cluster, rounds) or {}
    check_logs(cluster)
    tell(record_property, race.__name__, {"rounds": rounds, **figures, "seconds": round(time.monotonic() - began)})


def test_a_standby_takes_over_with_all_that_was_acknowledged(tmp_path, artifacts, record_property):
    primary = PostgreSQL(synchronous_standby_names="standby", wal_level="replica")
    standby = PostgreSQL(standby_of=primary, synchronous_standby_names="''")
    cluster = Cluster(tmp_path, primary, standby=standby)
    try:
        with running(cluster, artifacts):
            eventually(
                lambda: primary.ask("SELECT sync_state FROM pg_stat_replication") == [["sync"]], 20, "the standby follows")
            load = Load(cluster)
            load.goes_on()
            primary.stop("immediate")
            standby.promote()
            began = time.monotonic()
            before = load.acknowledged
            eventually(lambda: load.acknowledged > before, 20, "writing works again")
            took = time.monotonic() - began
            load.goes_on()
            cluster.database = standby
            figures = {"writing after": round(took, 1), **load.finish()}
            tell(record_property, "a standby takes over", figures)
            assert took < 10
    finally:
        primary.remove()
        standby.remove()
