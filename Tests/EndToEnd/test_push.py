"""Web Push: a device that sleeps rings, and never where the call was answered elsewhere."""

import json
import statistics
import subprocess
import time

import pytest

from harness import chromium
from harness.api import PASSWORD, Device, register
from harness.push_service import PushService
from harness.server import binary
from harness.waiting import eventually

OPTIONS = ("--vapid-contact", "mailto:operator@example.org", "--push-addresses", "any")


@pytest.fixture
def service():
    service = PushService()
    yield service
    service.close()


@pytest.fixture
def key():
    line = subprocess.run([binary(), "vapid"], capture_output=True, text=True, timeout=30).stdout.strip()
    return line.removeprefix("RINGBACK_VAPID_KEY=")


@pytest.fixture
def server(start_server, key):
    return start_server(*OPTIONS, environment={"RINGBACK_VAPID_KEY": key})


def test_a_device_that_sleeps_gets_the_call(server, service):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    browser = service.browser().subscribe(petya)
    call = vasya.invite("petya", ringSeconds=45)
    message, headers, _ = browser.next("call.incoming")
    assert set(message) == {"type", "callId", "expiresAt", "cursor"}
    assert message["callId"] == call["callId"] and message["expiresAt"] == call["expiresAt"]
    assert headers["Urgency"] == "high" and 40 <= int(headers["TTL"]) <= 45 and len(headers["Topic"]) == 32
    assert headers["Content-Encoding"] == "aes128gcm"
    assert service.keys == {petya.get("/v1/push")["applicationServerKey"]}
    vasya.step(call["callId"], "cancel")
    _, after, _ = browser.next("call.missed")
    assert after["Topic"] == headers["Topic"], "a missed call replaces the one that rings"
    page = petya.get("/v1/events", params={"cursor": message["cursor"]})
    assert [event["type"] for event in page["events"]] == ["call.incoming", "call.ended"]


def test_a_device_that_is_present_gets_no_push(server, service):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    awake, asleep = service.browser().subscribe(petya), service.browser()
    petya.snapshot()
    petya.events(wait_seconds=1)
    tablet = Device(server, "petya", PASSWORD)
    asleep.subscribe(tablet)
    vasya.invite("petya")
    asleep.next("call.incoming")
    assert not awake.received


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_has_ended_is_removed(server, service, status):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    browser = service.browser().subscribe(petya)
    browser.status = status
    vasya.step(vasya.invite("petya")["callId"], "cancel")
    time.sleep(1)
    browser.status = None
    vasya.step(vasya.invite("petya")["callId"], "cancel")
    time.sleep(1)
    assert not browser.received


def test_a_subscription_is_checked_and_can_be_removed(server, start_server, service):
    petya = register(server, "petya")
    good = service.browser().subscription()
    for bad in ({}, {**good, "endpoint": "ftp://x/"}, {**good, "keys": {**good["keys"], "p256dh": "AAAA"}},
                {**good, "keys": {**good["keys"], "auth": "AAAA"}}, {"endpoint": good["endpoint"]}):
        petya.put("/v1/push/subscription", bad, expect=422)
    petya.put("/v1/push/subscription", good, expect=204)
    assert petya.request("DELETE", "/v1/push/subscription").status_code == 204
    other = register(start_server(), "petya")
    other.get("/v1/push", expect=404)
    other.put("/v1/push/subscription", good, expect=404)


def test_the_ring_waits_for_a_device_that_is_woken(start_server, service, key):
    server = start_server(*OPTIONS, "--unreachable-seconds", "10", environment={"RINGBACK_VAPID_KEY": key})
    vasya, petya = register(server, "vasya"), register(server, "petya")
    anna = register(server, "anna")
    service.browser().subscribe(petya)
    waits, ends = vasya.invite("petya", ringSeconds=30)["callId"], vasya.invite("anna", ringSeconds=30)["callId"]
    eventually(lambda: vasya.get(f"/v1/calls/{ends}")["state"] == "ended", 15, "nobody can wake this one")
    assert vasya.get(f"/v1/calls/{waits}")["state"] == "inviting"
    server.kill9()
    server.restart()
    assert vasya.get(f"/v1/calls/{waits}")["state"] == "inviting", "also after a crash"
    assert anna.get(f"/v1/calls/{ends}")["reason"] == "unreachable"


class Sleeper:
    """A device that rings by what a push and the server say, as `docs/push.md` tells apps to."""

    def __init__(self, device, browser):
        self.device, self.browser, self.rings = device, browser, False

    def wake(self):
        for message in self.browser.wakes():
            if message["type"] != "call.incoming":
                self.rings = False
                continue
            state = self.device.get(f"/v1/calls/{message['callId']}")["state"]
            self.rings = state in ("inviting", "ringing")
            self.device.cursor = message["cursor"]

    def listen(self):
        if self.device.cursor:
            for event in self.device.events():
                if event["type"] in ("call.stopped", "call.ended", "call.accepted"):
                    self.rings = False


@pytest.mark.parametrize("order", ["answer push wake", "push answer wake", "push wake answer"])
@pytest.mark.parametrize("ending", ["accept", "decline", "cancel"])
def test_it_never_rings_where_it_was_answered_elsewhere(server, service, order, ending):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    others = [Device(server, "petya", PASSWORD) for _ in range(8)]
    sleeper = Sleeper(Device(server, "petya", PASSWORD), service.browser())
    sleeper.browser.subscribe(sleeper.device)
    if order.startswith("answer"):
        service.status = 503
    call_id = vasya.invite("petya")["callId"]
    for device in (petya, *others):
        device.step(call_id, "alerting")
    for step in order.split():
        if step == "answer":
            (vasya if ending == "cancel" else others[3]).step(call_id, ending)
        elif step == "push":
            service.status = 201
            eventually(lambda: sleeper.browser.received or order.startswith("answer"), 5, "a push")
            time.sleep(0.3)
        else:
            sleeper.wake()
            assert sleeper.rings == order.endswith("answer"), "before the answer it rings, after it does not"
    sleeper.listen()
    assert not sleeper.rings
    last = "call.missed" if ending == "cancel" else "call.stopped"
    if not order.startswith("answer"):
        sleeper.browser.next(last)
    sleeper.wake()
    assert not sleeper.rings


def test_a_push_is_sent_soon_after_the_invitation(server, service):
    vasya, petya = register(server, "vasya"), register(server, "petya")
    browser = service.browser().subscribe(petya)
    times = []
    for _ in range(20):
        call_id = vasya.invite("petya")["callId"]
        begin = time.monotonic()
        eventually(lambda: any(m["callId"] == call_id for m, *_ in browser.received), 5, "the push")
        times.append(next(at for m, _, at in browser.received if m["callId"] == call_id) - begin)
        vasya.step(call_id, "cancel")
    print("invite to push, ms:", round(statistics.median(times) * 1000, 1))
    assert statistics.median(times) < 0.2


# In place of the browser's push service, which is its vendor's.
SUBSCRIBE = """subscription => {
    PushManager.prototype.subscribe = async () => ({toJSON: () => subscription, unsubscribe: async () => true});
}"""
NOTIFICATIONS = """async () => {
    const registration = await navigator.serviceWorker.getRegistration('/sdk/ringback-push-worker.js');
    return (await registration?.getNotifications() ?? []).map(({title, tag, actions, data}) => (
        {title, tag, actions: actions?.map(({action}) => action), data}));
}"""
CLICK = """async action => {
    const [notification] = await registration.getNotifications();
    self.dispatchEvent(new NotificationEvent('notificationclick', {notification, action}));
}"""


class SleepingPage:
    """A page of Petya's that has registered for pushes and is closed; its service worker is still there."""

    def __init__(self, browser, server, service):
        self.context = browser.new_context()
        self.context.grant_permissions(["notifications"], origin=server.url)
        self.page = self.context.new_page()
        self.page.goto(f"{server.url}/?name=Petya")
        self.page.wait_for_selector("#me", state="visible")
        self.user_id = eventually(lambda: self.page.evaluate("ringback.debug().userId"), 10, "it is signed in")
        self.browser = service.browser()
        self.page.evaluate(SUBSCRIBE, self.browser.subscription())
        self.page.click("#me summary")
        self.page.click("#push")
        self.page.wait_for_selector("#push[aria-pressed=true]")
        self.page.goto(server.url + "/docs")
        self.registrations = []
        self.session = self.context.new_cdp_session(self.page)
        self.session.on(
            "ServiceWorker.workerRegistrationUpdated", lambda event: self.registrations.extend(event["registrations"]))
        self.session.send("ServiceWorker.enable")
        self.page.wait_for_timeout(500)
        self.origin = server.url

    def push(self, kind):
        message, _, _ = self.browser.next(kind)
        self.session.send("ServiceWorker.deliverPushMessage", {
            "origin": self.origin, "registrationId": self.registrations[-1]["registrationId"],
            "data": json.dumps(message)})

    def shows(self, title):
        def found():
            shown = self.page.evaluate(NOTIFICATIONS)
            return shown[0] if [item["title"] for item in shown] == [title] else None

        return eventually(found, 10, f"a notification {title!r}, not {self.page.evaluate(NOTIFICATIONS)}")

    def click(self, action):
        self.context.service_workers[0].evaluate(CLICK, action)


@pytest.fixture
def sleeping_page(playwright, server, service, tmp_path):
    browser = chromium.launch(playwright, tmp_path, "red")
    yield SleepingPage(browser, server, service)
    browser.close()


def test_a_browser_shows_the_call_and_what_became_of_it(server, sleeping_page):
    vasya = register(server, "vasya", "Vasya")
    eventually(lambda: vasya.get(f"/v1/users/{sleeping_page.user_id}/presence")["status"] == "offline", 15, "it sleeps")
    call_id = vasya.invite(sleeping_page.user_id)["callId"]
    sleeping_page.push("call.incoming")
    shown = sleeping_page.shows("Incoming call: Vasya")
    assert shown["tag"] == call_id and shown["actions"] == ["accept", "decline"]
    vasya.step(call_id, "cancel")
    sleeping_page.push("call.missed")
    assert sleeping_page.shows("Missed call: Vasya")["data"]["isMissed"]


def test_a_name_changes_the_direction_of_no_notification(server, sleeping_page):
    mallory = register(server, "mallory", "\u202eMallory\u2066")
    eventually(
        lambda: mallory.get(f"/v1/users/{sleeping_page.user_id}/presence")["status"] == "offline", 15, "it sleeps")
    mallory.invite(sleeping_page.user_id)
    sleeping_page.push("call.incoming")
    sleeping_page.shows("Incoming call: \u2068Mallory\u2069")


def test_a_call_is_declined_from_its_notification(server, sleeping_page):
    vasya = register(server, "vasya", "Vasya")
    eventually(lambda: vasya.get(f"/v1/users/{sleeping_page.user_id}/presence")["status"] == "offline", 15, "it sleeps")
    call_id = vasya.invite(sleeping_page.user_id)["callId"]
    sleeping_page.push("call.incoming")
    sleeping_page.shows("Incoming call: Vasya")
    sleeping_page.click("decline")
    eventually(lambda: vasya.get(f"/v1/calls/{call_id}").get("reason") == "declined", 10, "it is declined")
