"""What edge and API bear: saturation and latency of status reads and uploads, memory, and large uploads at once.

Starts an appliance of its own from HEAD, limits lifted and workers stopped, sends all through nginx over TLS, and
deletes it. The edge is reached at its container's address: the engine's proxy for published ports is a process of its
own, which this is not about. Load is made by wrk (Debian's package; 4.1) and curl. Needs a container engine.

    .venv/bin/python bench/edge.py [--parts status,uploads,memory,large] [--seconds 20] [--cgroup /name]

``--cgroup`` puts the appliance into a cgroup of that name, to which you gave CPU shares: for a machine that others use.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/stack"))

from appliance import Appliance, docker

UPLOAD = "/api/v1/batch/upload"
MIB = 1 << 20
NO_LIMITS = {
    "API__PREMIUM__UPLOADS_PER_MINUTE": 0,
    "API__PREMIUM__STATUS_PER_MINUTE": 0,
    "QUEUE__MAX_DEPTH": 1_000_000,
}
GOALS = {"status": 25.0, "uploads": 150.0}  # p99 at half of saturation, ms

# One connection sends, waits for the answer, and pauses; the latency is that of the answer alone.
SCRIPT = """
wrk.method = "{method}"
wrk.headers["Authorization"] = "Bearer {token}"
local file = "{body}"
if file ~= "" then
  wrk.headers["Content-Type"] = "multipart/form-data; boundary=b"
  wrk.body = io.open(file, "rb"):read("*a")
end
local pause = {pause}
if pause > 0 then
  function delay() return math.random(0, 2 * pause) end
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %f %f %f %f\\n", summary.requests, summary.duration, errors.status
    + errors.connect + errors.read + errors.write + errors.timeout, latency.mean / 1000, latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
"""


class Load:
    """Requests of one kind.

    Args:
        url: base address of the edge.
        token: bearer token.
        method: of the request.
        path: of the request.
        body: file of a form to send; none if absent.
    """

    def __init__(self, url: str, token: str, method: str, path: str, body: Path | None = None) -> None:
        self._url = url + path
        self._values = {"token": token, "method": method, "body": str(body or "")}

    def run(self, connections: int, seconds: float, pause_ms: int = 0) -> dict[str, float]:
        """Send for a time; return ``rate`` (a second), ``count``, ``errors`` and latencies in milliseconds."""
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(SCRIPT.format(pause=pause_ms, **self._values))
            script.flush()
            command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "30s", "-s", script.name]
            done = subprocess.run([*command, self._url], capture_output=True, text=True, check=True)
        found = re.search(r"^RESULT (.*)$", done.stdout, re.MULTILINE)
        if found is None:
            raise SystemExit(done.stdout + done.stderr)
        count, duration, errors, mean, p50, p95, p99 = (float(word) for word in found[1].split())
        rate = count / (duration / 1e6)
        return {"rate": rate, "count": count, "errors": errors, "mean": mean, "p50": p50, "p95": p95, "p99": p99}


def show(title: str, found: dict[str, float]) -> None:
    times = " ".join(f"{name} {found[name]:.1f} ms" for name in ("p50", "p95", "p99"))
    print(
        f"{title}: {found['rate']:.0f}/s, {times}, {found['errors']:.0f} errors, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def saturation(load: Load, name: str, seconds: float) -> bool:
    """Find the highest rate over a few numbers of connections, and the latency at half of it; the goal held?."""
    found = {connections: load.run(connections, seconds / 2) for connections in (2, 4, 8, 16)}
    for connections, result in found.items():
        show(f"{name}, {connections} connections without pause", result)
    top = max(result["rate"] for result in found.values())
    connections, half = 16, {"rate": 0.0, "mean": 0.0}
    pause = 1000 * connections / (top / 2)
    for _ in range(3):  # the pause that gives half the rate depends on the latency at that rate
        half = load.run(connections, seconds, max(1, round(pause)))
        if abs(half["rate"] / (top / 2) - 1) < 0.1:
            break
        pause = 1000 * connections / (top / 2) - half["mean"]
    show(f"{name}, half of saturation ({top:.0f}/s)", half)
    print(f"{name}: p99 {half['p99']:.1f} ms at {half['rate']:.0f}/s, goal {GOALS[name]:.0f} ms", flush=True)
    return half["p99"] < GOALS[name] and not half["errors"]


def form(folder: Path, size: int) -> Path:
    """Write a form with one file of so many bytes."""
    path = folder / f"form-{size}"
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="plan.txt"\r\n\r\n'
    path.write_bytes(head + (b"El plan de desarrollo. " * (size // 23 + 1))[:size] + b"\r\n--b--\r\n")
    return path


def resident_kib(appliance: Appliance) -> int:
    """Return the resident memory of the API's processes, all together."""
    table = docker("top", appliance.container_ids("api")[0], "-o", "pid,rss").splitlines()[1:]
    return sum(int(line.split()[1]) for line in table)


def memory(appliance: Appliance, load: Load) -> bool:
    """Send 10,000 uploads and watch the API's memory; does it grow by less than 1 KiB an upload in the second half."""
    points: list[tuple[float, int]] = []
    sent = 0.0
    while sent < 10_000:
        result = load.run(4, 5)
        sent += result["count"]
        points.append((sent, resident_kib(appliance)))
        if result["errors"]:
            raise SystemExit(f"{result['errors']:.0f} uploads failed")
    later = [point for point in points if point[0] > sent / 2]
    slope = statistics.linear_regression(*zip(*later, strict=True)).slope
    print(
        f"memory: {points[0][1] / 1024:.0f} MiB after {points[0][0]:.0f} uploads,"
        f" {points[-1][1] / 1024:.0f} MiB after {sent:.0f}"
    )
    print(f"memory: slope of the second half {slope * 1000:.1f} KiB per 1,000 uploads", flush=True)
    return slope < 1


def large(appliance: Appliance, url: str, token: str, folder: Path) -> bool:
    """Send 50 uploads of 99 MiB at once; tell if each was accepted or refused cleanly and no container died."""
    body = folder / "plan.pdf"
    body.write_bytes(os.urandom(MIB) * 99)
    (folder / "headers").write_text(f"Authorization: Bearer {token}\n")
    command = ["curl", "--silent", "--insecure", "--header", f"@{folder}/headers"]
    command += ["--form", f"files=@{body}", "--output", "/dev/null", "--write-out", "%{http_code}"]
    command += ["--max-time", "600", url + UPLOAD]
    started, peaks, over = time.monotonic(), {}, threading.Event()
    watching = threading.Thread(target=watch, args=(appliance, peaks, over))
    watching.start()
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(50)]
    answers = sorted(one.communicate()[0] for one in running)
    seconds = time.monotonic() - started
    over.set()
    watching.join()
    counts = {answer: answers.count(answer) for answer in set(answers)}
    print(f"50 uploads of 99 MiB at once: answers {counts} in {seconds:.0f} s ({50 * 99 / seconds:.0f} MiB/s)")
    killed = [container["Name"] for container in appliance.inspect() if container["State"]["OOMKilled"]]
    restarted = [container["Name"] for container in appliance.inspect() if container["RestartCount"]]
    print(
        f"peak memory of limit: {', '.join(f'{n} {u:.0f} %' for n, u in sorted(peaks.items()))}; killed {killed}",
        flush=True,
    )
    return set(counts) <= {"202", "429", "503"} and not killed and not restarted


def watch(appliance: Appliance, peaks: dict[str, float], over: threading.Event) -> None:
    """Keep the highest share of its memory limit that each container reached, page cache left out."""
    ids = [i for service in ("api", "nginx", "redis") for i in appliance.container_ids(service)]
    while not over.is_set():
        try:
            lines = docker("stats", "--no-stream", "--format", "{{json .}}", *ids).splitlines()
        except subprocess.TimeoutExpired:  # an engine as busy as that is asked again
            continue
        for line in lines:
            found = json.loads(line)
            share = float(found["MemPerc"].rstrip("%"))
            peaks[found["Name"]] = max(peaks.get(found["Name"], 0.0), share)


def started(folder: Path, cgroup: str) -> Appliance:
    """Start an appliance whose limits are lifted, and stop its workers: what is measured is the way in."""
    appliance = Appliance(folder / "decalogo", "decalogo-bench-edge")
    settings = [f"      DECALOGO_{name}: '{value}'" for name, value in NO_LIMITS.items()]
    parent = [f"    cgroup_parent: {cgroup}"] if cgroup else []
    text = ["services:", *(line for name in ("nginx", "redis") for line in (f"  {name}:", *(parent or ["    {}"])))]
    text += ["  api:", *parent, "    environment:", *settings]
    (appliance.folder / "compose.override.yaml").write_text("\n".join(text))
    edge = ("EDGE_REQUESTS_PER_MINUTE", "EDGE_UPLOADS_PER_MINUTE", "EDGE_REQUESTS_AT_ONCE")
    appliance.environment = {**appliance.environment, **dict.fromkeys(edge, "0")}
    appliance.run("up")
    appliance.compose("stop", "worker", "suspect")
    return appliance


def edge_address(appliance: Appliance) -> str:
    """Return the address of nginx's container, which this machine can reach."""
    return str(appliance.inspect("nginx")[0]["NetworkSettings"]["Networks"][f"{appliance.name}_edge"]["IPAddress"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="status,uploads,memory,large", help="what to measure")
    parser.add_argument("--seconds", type=float, default=20, help="length of one measurement, seconds")
    parser.add_argument("--cgroup", default="", help="cgroup of nginx, API and Redis")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as name:
        folder = Path(name)
        appliance = started(folder, arguments.cgroup)
        try:
            token = appliance.run("token", "create", "bench", "--tier", "premium").strip()
            client = appliance.client(token)
            url = f"https://{edge_address(appliance)}:8443"
            job_id = client.upload([("plan.txt", b"El plan.")])["job_id"]
            status = Load(url, token, "GET", f"/api/v1/batch/status/{job_id}")
            parts: dict[str, Callable[[], bool]] = {
                "status": lambda: saturation(status, "status", arguments.seconds),
                "uploads": lambda: saturation(
                    Load(url, token, "POST", UPLOAD, form(folder, MIB)), "uploads", arguments.seconds
                ),
                "memory": lambda: memory(appliance, Load(url, token, "POST", UPLOAD, form(folder, 10_000))),
                "large": lambda: large(appliance, url, token, folder),
            }
            status.run(4, 3)  # warm
            held = {part: parts[part]() for part in arguments.parts.split(",")}
            print(held)
        finally:
            appliance.delete()
    sys.exit(0 if all(held.values()) else 1)


if __name__ == "__main__":
    main()
