"""Runs the README's session with curl."""

import re
import subprocess

from harness.server import ROOT, environment

SESSION = re.compile(r"<!-- session:begin -->(.*?)<!-- session:end -->", re.DOTALL)
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
ADDRESS = "http://127.0.0.1:8080"


def readme_session():
    readme = ROOT / "README.md"
    assert readme.exists(), "there is no README.md"
    parts = SESSION.findall(readme.read_text())
    assert parts, "README.md has no part between <!-- session:begin --> and <!-- session:end -->"
    blocks = [block for part in parts for block in BLOCK.findall(part)]
    assert blocks, "that part of README.md has no ```sh block"
    return "".join(blocks)


def test_the_readmes_curl_session_works_as_written(start_server, tmp_path):
    script = readme_session()
    if f"RINGBACK={ADDRESS}" in script:
        server = start_server()
        script = script.replace(f"RINGBACK={ADDRESS}", f"RINGBACK={server.url}", 1)
    else:
        assert ADDRESS in script, f"the session talks to something other than {ADDRESS}"
        start_server(port=8080)

    ran = subprocess.run(
        ["bash", "-eu", "-c", script], cwd=tmp_path, env=environment(), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=90)

    assert ran.returncode == 0, f"{script}\n--- output:\n{ran.stdout}\n--- errors:\n{ran.stderr}"
    last = ran.stdout.rstrip()[-3000:]
    assert re.search(r'"state"\s*:\s*"ended"', last) and re.search(r'"reason"\s*:\s*"completed"', last), last
