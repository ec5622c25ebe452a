"""Starts a fresh server and measures the Swift SDK against it: requests, delivery, memory of parked clients."""

import argparse
import os
import pathlib
import subprocess
import tempfile

import servers


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    load = " ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"{os.cpu_count()} cores of {model}, load {load} before"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ringback", required=True)
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--only", default="requests,delivery,parked,parked-curl")
    arguments = parser.parse_args()
    servers.raise_file_limit()
    print(machine(), flush=True)
    for part in arguments.only.split(","):
        with tempfile.TemporaryDirectory(prefix="ringback-bench-", dir="/var/tmp") as folder, servers.running([
                arguments.ringback, "serve", "--port", "0", "--database", str(pathlib.Path(folder) / "bench.sqlite"),
                "--password-cost", "4", "--registration", "open", "--device-writes", "1000000",
                "--user-write-kilobytes", "1000000", "--device-connections", "100000"]) as (port, _, _):
            subprocess.run([arguments.benchmark, f"http://127.0.0.1:{port}", part], check=True)


if __name__ == "__main__":
    main()
