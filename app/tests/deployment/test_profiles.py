"""Sizing profiles have the expected values, and set nothing that compose.yaml does not read."""

import re
from pathlib import Path

import anyio.to_thread
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PROFILES = sorted((ROOT / "config/profiles").glob("*.env"))
# Cores, GB, workers, concurrency, prefetch, tasks per child.
SINGLE_MACHINE_ROWS = {
    "2c4g": (2, 4, 1, 4, 2, 100),
    "4c8g": (4, 8, 2, 4, 4, 100),
    "8c16g": (8, 16, 4, 8, 4, 100),
    "16c32g": (16, 32, 4, 16, 4, 50),
    "16c32g-balanced": (16, 32, 8, 8, 4, 100),
    "32c64g": (32, 64, 8, 16, 2, 50),
}
# Total cores, machines, workers per machine, concurrency.
MULTI_MACHINE_ROWS = {"2x8c": (16, 2, 2, 8), "4x8c": (32, 4, 2, 8), "4x16c": (64, 4, 4, 8), "8x16c": (128, 8, 4, 8)}
PRESETS = {"throughput", "reliability", "cost", "latency"}


def values(name: str) -> dict[str, str]:
    lines = (ROOT / f"config/profiles/{name}.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def numbers(name: str, *keys: str) -> tuple[int, ...]:
    found = values(name)
    return tuple(int(found[key]) for key in keys)


def bytes_of(size: str) -> int:
    unit = {"m": 1 << 20, "mb": 1 << 20, "g": 1 << 30, "gb": 1 << 30}
    matched = re.fullmatch(r"(\d+)(mb?|gb?)", size)
    assert matched, size
    return int(matched[1]) * unit[matched[2]]


@pytest.mark.parametrize("name", SINGLE_MACHINE_ROWS)
def test_a_profile_for_one_machine_has_its_values(name: str) -> None:
    keys = ("PROFILE_CORES", "PROFILE_MEMORY_GB", "WORKER_REPLICAS", "WORKER_CONCURRENCY", "WORKER_PREFETCH")
    assert numbers(name, *keys, "WORKER_TASKS_PER_CHILD") == SINGLE_MACHINE_ROWS[name]
    assert values(name)["WORKER_DISABLE_PREFETCH"] == "false"


@pytest.mark.parametrize("name", MULTI_MACHINE_ROWS)
def test_a_profile_for_several_machines_has_its_values(name: str) -> None:
    cores, machines, workers, concurrency = numbers(
        name, "PROFILE_CORES", "PROFILE_MACHINES", "WORKER_REPLICAS", "WORKER_CONCURRENCY"
    )
    assert (cores * machines, machines, workers, concurrency) == MULTI_MACHINE_ROWS[name]


@pytest.mark.parametrize("name", [path.stem for path in PROFILES])
def test_every_thread_of_the_apis_processes_may_start(name: str) -> None:
    # Against a limit of 128 the load test of 4x16c saw "can't start new thread".
    api = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["api"]

    async def answering() -> float:
        return anyio.to_thread.current_default_thread_limiter().total_tokens

    each = anyio.run(answering) + 8  # notices, metrics, the event loop's own
    assert numbers(name, "API_PROCESSES")[0] * each < api["pids_limit"]


def test_every_profile_is_a_row_or_a_preset() -> None:
    assert {path.stem for path in PROFILES} == {*SINGLE_MACHINE_ROWS, *MULTI_MACHINE_ROWS, *PRESETS}


@pytest.mark.parametrize("name", [path.stem for path in PROFILES])
def test_a_profile_sets_only_what_compose_reads(name: str) -> None:
    read = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    unread = {key for key in values(name) if not key.startswith("PROFILE_")} - read
    assert not unread


@pytest.mark.parametrize("name", [path.stem for path in PROFILES])
def test_the_limits_of_a_profile_leave_a_fifth_of_the_machine_to_the_rest(name: str) -> None:
    found = values(name)
    workers = int(found["WORKER_REPLICAS"])
    services = sum(bytes_of(found[key]) for key in ("SUSPECT_MEMORY", "REDIS_MEMORY", "API_MEMORY"))
    assert workers * bytes_of(found["WORKER_MEMORY"]) + services <= int(found["PROFILE_MEMORY_GB"]) * (1 << 30) * 0.8
    assert workers * float(found["WORKER_CPUS"]) <= int(found["PROFILE_CORES"])


@pytest.mark.parametrize("name", [path.stem for path in PROFILES])
def test_redis_may_need_as_much_again_as_it_holds_while_it_saves(name: str) -> None:
    found = values(name)
    assert bytes_of(found["REDIS_MEMORY"]) >= 2 * bytes_of(found["REDIS_MAXMEMORY"])


@pytest.mark.parametrize("name", [path.stem for path in PROFILES])
def test_a_process_of_a_worker_has_room_for_a_large_document(name: str) -> None:
    found = values(name)
    assert bytes_of(found["WORKER_MEMORY"]) / int(found["WORKER_CONCURRENCY"]) >= 256 * (1 << 20)
