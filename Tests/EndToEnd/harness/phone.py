"""The demo page in a browser tab, driven like a user. Only this file knows the names of elements on the page."""

from urllib.parse import urlencode

from harness.colours import MEAN_PIXEL, name_of
from harness.firefox import FirefoxPage
from harness.waiting import eventually

REMOTE_VIDEO = "#not_my"


class Phone:
    """One tab, signed in with a name. Two tabs of a user share a browser context."""

    def __init__(self, context, server, name, **query):
        self.name = name
        self.context = context
        self.page = context.new_page()
        self.errors = []
        self.console = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        self.page.goto(f"{server.url}/?{urlencode({'name': name, **query})}")
        self.reaches("idle")

    # Reading the page.

    def body(self, attribute):
        return self.page.get_attribute("body", f"data-{attribute}")

    def reaches(self, state, seconds=10):
        eventually(lambda: self.body("state") == state, seconds, f"{self} reaches {state}, {self.status()!r}")

    def connection_is(self, connection, seconds=20):
        eventually(lambda: self.body("connection") == connection, seconds, f"{self} is {connection}")

    def status(self):
        return self.page.inner_text("#status").strip()

    def ended_reason(self):
        """The text shown after a call has ended."""
        self.reaches("ended")
        return self.page.inner_text("#ended-reason").strip()

    def sees(self, user_id, status="online", seconds=10):
        """The entry of a user in the list of people, once it shows this status."""
        entry = self.page.locator(f'#people [data-user-id="{user_id}"][data-status="{status}"]')
        entry.wait_for(state="attached", timeout=seconds * 1000)
        return entry

    # Actions of the user.

    def call(self, user_id, status="online"):
        self.sees(user_id, status).locator("button.call").click()

    def call_while_rung(self, user_id):
        """Calls a user whose own call has just begun to ring here, as if the click had come first."""
        self.sees(user_id, "busy").locator("button.call").dispatch_event("click")

    def accept(self):
        self.reaches("incoming")
        self.page.click("#accept")

    def decline(self, message=None):
        self.reaches("incoming")
        if message is None:
            self.page.click("#decline")
        else:
            self.page.click("#decline-more summary")
            self.page.fill("#decline-message", message)
            self.page.press("#decline-message", "Enter")

    def hang_up(self):
        self.page.click("#hang-up")

    def reload(self):
        self.page.reload()

    # The media of the other side.

    def remote_colour(self):
        mean = self.page.eval_on_selector(REMOTE_VIDEO, MEAN_PIXEL)
        return mean and name_of(*mean)

    def remote_video(self):
        """Width of the picture, place in the stream and frames decoded of the other side's video."""
        time, width = self.page.eval_on_selector(REMOTE_VIDEO, "video => [video.currentTime, video.videoWidth]")
        stats = self.page.evaluate("async () => (await window.ringback?.stats?.()) ?? {}")
        return {"width": width, "time": time, "frames": stats.get("framesDecoded") or 0}

    def shows(self, colour, seconds=15):
        """Checks the other side's video: its colour, its size, and that it continues."""
        eventually(lambda: self.remote_colour() == colour, seconds, f"{self} shows {colour}")
        assert self.remote_video()["width"] > 0
        self.picture_moves()

    def picture_moves(self, seconds=10):
        """Checks that further frames are decoded and the video continues."""
        before = self.remote_video()

        def moved():
            nonlocal before
            now = self.remote_video()
            if now["frames"] < before["frames"] or now["time"] < before["time"]:
                before = now  # a new connection, whose counters start from zero
            return now["frames"] >= before["frames"] + 3 and now["time"] > before["time"] and now

        return eventually(moved, seconds, f"the picture {self} sees moves on from {before}")

    def debug(self):
        """The debug state of the page's call."""
        return self.page.evaluate("() => window.ringback.debug()")

    def safety_phrase(self):
        """The safety phrase, once it is known."""
        return eventually(lambda: self.debug()["safety"], 10, f"{self} has a safety phrase")

    def timeline(self, call_id):
        """The timeline of a call."""
        return self.page.evaluate("""async id => {
            const ringback = document.querySelector('ringback-call').ringback;
            return (await ringback.request('GET', `calls/${id}/timeline`)).items.map(({what}) => what);
        }""", call_id)

    def call_id(self):
        return self.page.evaluate("() => window.ringback.debug().callId")

    def transport(self):
        return self.body("transport")

    def __str__(self):
        return f"{self.name}'s page"

    def explain(self, directory, label):
        """Saves a screenshot and the console output after a failure."""
        directory.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=directory / f"{label}.png")
        lines = [f"state {self.body('state')}, status {self.status()}", *self.errors, *self.console]
        (directory / f"{label}.log").write_text("\n".join(lines) + "\n")


class FirefoxPhone(Phone):
    """The same page in the one tab of a Firefox."""

    def __init__(self, firefox, server, name):
        self.name = name
        self.page = FirefoxPage(firefox)
        self.errors, self.console = [], []
        # One profile for all tests: each server is another origin and has no data of earlier users.
        self.page.goto(f"{server.url}/?{urlencode({'name': name})}")
        self.reaches("idle", 30)

    def call(self, user_id, status="online"):
        entry = f'#people [data-user-id="{user_id}"][data-status="{status}"]'
        self.page.click(f"{entry} button.call")


def in_a_call(caller, callee):
    """One page calls the other, which accepts; both receive video."""
    caller.call(callee.name)
    callee.accept()
    caller.reaches("active", 20)
    callee.reaches("active", 20)
    caller.shows("green")
    callee.shows("red")
