"""Click to first remote frame, over many calls; scripts/first-frame runs it."""

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from harness import chromium
from harness.phone import Phone
from harness.server import Server
from harness.waiting import eventually

# Notes by the machine's clock when a call rings here, which it accepts at once, and when its first frame is shown.
WATCH = """() => {
    const element = document.querySelector('ringback-call');
    const video = element.shadowRoot.getElementById('not_my');
    window.times = {};
    element.ringback.addEventListener('call', ({call}) => {
        window.times = {};
        if (call.isIncoming) {
            window.times.accept = Date.now();
            call.accept();
        }
        const look = () => {
            if (call.state === 'ended') return;
            if (video.srcObject) video.requestVideoFrameCallback(() => { times.frame = Date.now(); });
            else requestAnimationFrame(look);
        };
        look();
    });
}"""
CLICK = """() => {
    const button = document.querySelector('#people [data-user-id=petya] button.call');
    window.clicked = Date.now();
    button.click();
}"""


def one_call(vasya, petya):
    vasya.sees("petya")
    vasya.page.evaluate(CLICK)
    frames = [
        eventually(lambda: of.page.evaluate("() => times.frame"), 20, f"{of} has a frame") for of in (vasya, petya)]
    clicked, accepted = vasya.page.evaluate("() => clicked"), petya.page.evaluate("() => times.accept")
    vasya.hang_up()
    petya.reaches("ended")
    vasya.reaches("ended")
    return frames[0] - clicked, frames[0] - accepted, frames[1] - accepted


def main(calls):
    directory = Path(tempfile.mkdtemp(prefix="ringback-first-frame-"))
    server = Server(directory / "server").start()
    with sync_playwright() as playwright:
        browsers = [chromium.launch(playwright, directory, colour) for colour in ("red", "green")]
        contexts = [browser.new_context(permissions=["camera", "microphone"]) for browser in browsers]
        vasya, petya = pages = [Phone(context, server, name) for context, name in zip(contexts, ("vasya", "petya"))]
        for page in pages:
            page.page.evaluate(WATCH)
        one_call(vasya, petya)  # not counted: the first one starts the browsers' media processes
        rows = [one_call(vasya, petya) for _ in range(calls)]
        for browser in browsers:
            browser.close()
    server.stop()
    names = ("the caller's click to the caller's first remote frame", "accept to the caller's", "accept to the callee's")
    for name, values in zip(names, zip(*rows)):
        ordered = sorted(values)
        p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
        print(f"{name}: p50 {statistics.median(ordered):.0f} ms, p95 {p95} ms ({len(ordered)} calls)")


if __name__ == "__main__":
    main(int(sys.argv[1]))
