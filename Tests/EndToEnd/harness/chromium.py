"""A Chromium process whose camera shows a single colour."""

import os
from pathlib import Path

from harness.colours import write_y4m

EXECUTABLES = [os.environ.get("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]


def executable():
    for path in EXECUTABLES:
        if path and Path(path).exists():
            return path
    raise AssertionError("no Chromium: `apt-get install chromium`, or name one in CHROMIUM")


def launch(playwright, directory, colour, loopback=True):
    camera = write_y4m(Path(directory) / f"{colour}.y4m", colour)
    arguments = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
        "--auto-select-desktop-capture-source=Entire screen",
    ]
    if loopback:
        arguments.append("--allow-loopback-in-peer-connection")
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return playwright.chromium.launch(executable_path=executable(), args=arguments)
