"""The bound of a worker process follows the container's cgroup, of either version, and the number of processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from decalogo.memory import LEAST_BYTES, Container, find_container, process_bytes

GIB = 1 << 30
CGROUP_1 = "9:name=systemd:/\n4:cpu,memory:{}\n"
CGROUP_2 = "0::{}\n"


def system(root: Path, cgroup: str, files: dict[str, str], physical: int = 32 * GIB) -> Path:
    """Return a folder like ``/`` with these files below ``sys/fs/cgroup``."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(f"MemTotal:       {physical >> 10} kB\nMemFree: 1 kB\n")
    (root / "proc/self/cgroup").write_text(cgroup)
    for name, text in files.items():
        file = root / "sys/fs/cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def found(root: Path) -> Container:
    container = find_container(root)
    assert container is not None
    return container


def test_version_1_inside_a_container(tmp_path: Path) -> None:
    files = {
        "memory/memory.limit_in_bytes": f"{3 * GIB}\n",
        "memory/memory.usage_in_bytes": f"{2 * GIB}\n",
        "memory/memory.stat": f"cache 5\ntotal_inactive_file {GIB // 2}\ntotal_active_file {GIB // 4}\n",
    }
    container = found(system(tmp_path, CGROUP_1.format("/docker/abc"), files))
    assert (container.limit, container.used()) == (3 * GIB, 2 * GIB - GIB // 2 - GIB // 4)


def test_version_2_inside_a_container(tmp_path: Path) -> None:
    files = {
        "memory.max": f"{3 * GIB}\n",
        "memory.current": f"{2 * GIB}\n",
        "memory.stat": f"anon 5\ninactive_file {GIB}\nactive_file 0\n",
    }
    container = found(system(tmp_path, CGROUP_2.format("/"), files))
    assert (container.limit, container.used()) == (3 * GIB, GIB)


def test_the_lowest_limit_of_the_groups_around_a_service_counts(tmp_path: Path) -> None:
    files = {
        "system.slice/memory.max": f"{2 * GIB}\n",
        "system.slice/decalogo.service/memory.max": "max\n",
        "memory.max": f"{8 * GIB}\n",
    }
    container = found(system(tmp_path, CGROUP_2.format("/system.slice/decalogo.service"), files))
    assert (container.limit, container.folder.name) == (2 * GIB, "system.slice")


@pytest.mark.parametrize("limit", ["max", str((1 << 63) - 4096), "nonsense"])
def test_no_limit(tmp_path: Path, limit: str) -> None:
    assert find_container(system(tmp_path, CGROUP_2.format("/"), {"memory.max": limit})) is None


def test_the_processes_share_the_limit_of_the_container(tmp_path: Path) -> None:
    root = system(tmp_path, CGROUP_2.format("/"), {"memory.max": str(3 * GIB)})
    assert process_bytes(4 * GIB, 2, root) == 3 * GIB // 2
    assert process_bytes(GIB, 2, root) == GIB
    assert process_bytes(0, 2, root) == 0
    assert process_bytes(4 * GIB, 16, root) == LEAST_BYTES


def test_without_a_limit_they_share_the_memory_of_the_machine(tmp_path: Path) -> None:
    root = system(tmp_path, CGROUP_2.format("/"), {}, physical=4 * GIB)
    assert process_bytes(4 * GIB, 4, root) == GIB
    assert process_bytes(4 * GIB, 1, tmp_path / "no-proc") > 0
