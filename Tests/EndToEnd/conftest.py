"""The fixtures that the end-to-end tests are written with."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from harness import chromium
from harness.api import TalkingPair
from harness.cluster import Cluster
from harness.phone import Phone
from harness.postgresql import PostgreSQL
from harness.server import ROOT, Server
from harness.stage import Stage

ARTIFACTS = ROOT / "artifacts"


def pytest_sessionstart():
    """Removes the artifacts of earlier runs."""
    shutil.rmtree(ARTIFACTS / "end-to-end", ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Stores the report of each phase on the test, so that a fixture knows whether the test has passed."""
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


def has_failed(item):
    reports = (getattr(item, f"report_{phase}", None) for phase in ("setup", "call"))
    return any(report is not None and report.failed for report in reports)


@pytest.fixture
def artifacts(request):
    """The folder for artifacts that explain a failure of this test."""
    name = request.node.nodeid.split("/")[-1].replace("::", "-").replace("/", "_")
    return ARTIFACTS / "end-to-end" / name


@pytest.fixture
def start_server(request, tmp_path, artifacts):
    """Starts servers, `start_server(*options, database=, port=)`; afterwards each must end cleanly on SIGTERM."""
    servers = []

    def start(*options, **where):
        server = Server(tmp_path / f"server-{len(servers) + 1}", *options, **where)
        servers.append(server)
        return server.start()

    yield start
    errors = []
    for server in servers:
        try:
            server.stop()
        except AssertionError as error:
            errors.append(error)
    if errors or has_failed(request.node):
        for server in servers:
            artifacts.mkdir(parents=True, exist_ok=True)
            shutil.copy(server.log, artifacts / f"{server.directory.name}.log")
    if errors:
        raise errors[0]


@pytest.fixture
def server(start_server):
    """A server on a free port and an empty database."""
    return start_server()


@pytest.fixture
def pair(server):
    """Vasya and Petya in a call, as API clients."""
    return TalkingPair(server)


@pytest.fixture(scope="session")
def one_database():
    database = PostgreSQL()
    yield database
    database.remove()


@pytest.fixture
def database(one_database):
    """The PostgreSQL of all tests, each of which has tables of its own in it. It may be stopped and started."""
    if not one_database.is_running():
        one_database.start()
    return one_database


@pytest.fixture
def cluster(request, database, tmp_path, artifacts):
    """Three nodes on the file's database, each of which must end cleanly."""
    cluster = Cluster(tmp_path, database)
    try:
        yield cluster
        cluster.stop()
    finally:
        if has_failed(request.node) or any(node.is_running() for node in cluster.nodes):
            cluster.keep_logs(artifacts)
            cluster.kill()


@pytest.fixture(scope="module")
def stage(request, tmp_path_factory):
    """One server for all the cases of a file, with a call in progress that no case may affect."""
    server = Server(tmp_path_factory.mktemp("stage")).start()
    failed_before = request.session.testsfailed
    try:
        yield Stage(server)
        server.stop()
    finally:
        if request.session.testsfailed > failed_before or server.is_running():
            kept = ARTIFACTS / "end-to-end" / request.node.name
            kept.mkdir(parents=True, exist_ok=True)
            shutil.copy(server.log, kept / "server.log")


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def red_browser(playwright, tmp_path_factory):
    """Vasya's Chromium process: its camera shows red."""
    browser = chromium.launch(playwright, tmp_path_factory.mktemp("red"), "red")
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def green_browser(playwright, tmp_path_factory):
    """Petya's Chromium process: its camera shows green."""
    browser = chromium.launch(playwright, tmp_path_factory.mktemp("green"), "green")
    yield browser
    browser.close()


@pytest.fixture
def phone(request, server, red_browser, green_browser, artifacts):
    """Opens demo pages, `phone("vasya", transport="sse")`: Vasya in the red browser, everybody else in the green.

    A second page of one name is a second tab of the same browser profile.
    """
    contexts, phones = {}, []

    def open_page(name, **query):
        if name not in contexts:
            browser = red_browser if name == "vasya" else green_browser
            contexts[name] = browser.new_context(permissions=["camera", "microphone"])
        phone = Phone(contexts[name], server, name, **query)
        phones.append(phone)
        return phone

    yield open_page
    try:
        if has_failed(request.node):
            for number, phone in enumerate(phones, 1):
                phone.explain(artifacts, f"{number}-{phone.name}")
        errors = [f"{phone}: {error}" for phone in phones for error in phone.errors]
        assert not errors, "a page threw: " + "; ".join(errors)
    finally:
        for context in contexts.values():
            context.close()
