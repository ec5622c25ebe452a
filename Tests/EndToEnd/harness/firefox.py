"""A real Firefox, driven over WebDriver BiDi: without any other software."""

import base64
import itertools
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from websockets.sync.client import connect

from harness.waiting import eventually

LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")

# A simulated camera, no permission prompts, and ICE on loopback, which is the only network of the tests.
PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.peerconnection.ice.default_address_only": False,
    "permissions.default.camera": 1,
    "permissions.default.microphone": 1,
    "media.autoplay.default": 0,
    "network.manage-offline-status": False,
    "network.dns.disabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
}


def executable():
    path = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    assert path, "no Firefox: `apt-get install firefox-esr`, or name one in FIREFOX"
    return path


class Firefox:
    """One process with its own profile and one tab."""

    def __init__(self, directory):
        profile = Path(directory) / "firefox"
        profile.mkdir(parents=True)
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
        (profile / "user.js").write_text("\n".join(lines))
        self.log = Path(directory) / "firefox.log"
        command = [executable(), "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
        environment = {**os.environ, "HOME": str(directory), "MOZ_DISABLE_CONTENT_SANDBOX": "1"}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        found = eventually(lambda: LISTENING.search(self.log.read_text(errors="replace")), 60, "Firefox listens")
        self.socket = connect(found.group(1) + "/session", max_size=None, proxy=None, legacy=True)
        self._ids = itertools.count(1)
        self.command("session.new", {"capabilities": {}})
        self.context = self.command("browsingContext.getTree", {})["contexts"][0]["context"]

    def command(self, method, parameters, seconds=60):
        number = next(self._ids)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv(timeout=seconds))
            if message.get("id") == number:
                assert message["type"] == "success", f"{method}: {message}"
                return message["result"]

    def goto(self, url):
        self.command("browsingContext.navigate", {"context": self.context, "url": url, "wait": "complete"})

    def evaluate(self, function, *arguments):
        """The JSON of the result of a function in the page."""
        given = "...given.map(text => JSON.parse(text))"
        script = f"async (...given) => JSON.stringify(await ({function})({given})) ?? 'null'"
        result = self.command("script.callFunction", {
            "functionDeclaration": script, "awaitPromise": True, "target": {"context": self.context},
            "arguments": [{"type": "string", "value": json.dumps(argument)} for argument in arguments],
            "userActivation": True})
        assert result["type"] == "success", result
        return json.loads(result["result"]["value"])

    def close(self):
        try:
            self.command("browser.close", {}, seconds=10)
            self.socket.close()
            self.process.wait(15)
        except Exception:  # It must not outlive the tests, whatever its state is.
            self.process.kill()
            self.process.wait(10)


# The first match of a selector, in the page or in the shadow tree of <ringback-call>.
FIND = """selector => document.querySelector(selector)
    ?? document.querySelector('ringback-call')?.shadowRoot.querySelector(selector)"""


class FirefoxPage:
    """The part of the Playwright page API that harness.phone.Phone needs."""

    def __init__(self, firefox):
        self.firefox = firefox

    def goto(self, url):
        self.firefox.goto(url)

    def get_attribute(self, selector, name):
        return self.firefox.evaluate(f"(selector, name) => ({FIND})(selector)?.getAttribute(name)", selector, name)

    def inner_text(self, selector):
        return self.firefox.evaluate(f"selector => ({FIND})(selector).innerText", selector)

    def click(self, selector):
        click = f"selector => {{ const found = ({FIND})(selector); found?.click(); return Boolean(found); }}"
        eventually(lambda: self.firefox.evaluate(click, selector), 10, f"{selector} is there")

    def eval_on_selector(self, selector, function):
        return self.firefox.evaluate(f"selector => ({function})(({FIND})(selector))", selector)

    def evaluate(self, function):
        return self.firefox.evaluate(function)

    def screenshot(self, path):
        data = self.firefox.command("browsingContext.captureScreenshot", {"context": self.firefox.context})["data"]
        Path(path).write_bytes(base64.b64decode(data))
