"""What counts as a container's memory: what its processes hold, not the files that they wrote."""

from __future__ import annotations

from typing import Any

import pytest

from tests.loadtest import at_root

with at_root():
    from loadtest.sampler import used

MIB = 1 << 20
# 100 MiB held, 8 of them a tmpfs; 300 MiB of files in the page cache, 50 of the kernel's records of them.
V1 = {"total_rss": 92 * MIB, "total_cache": 308 * MIB, "active_file": 200 * MIB, "inactive_file": 100 * MIB}
V2 = {"anon": 92 * MIB, "file": 308 * MIB, "slab_reclaimable": 50 * MIB, **{k: V1[k] for k in V1 if "file" in k}}


@pytest.mark.parametrize("kinds", [V1, V2])
def test_files_and_the_kernels_records_of_them_are_no_memory_of_a_container(kinds: dict[str, Any]) -> None:
    stats = {
        "cpu_stats": {"cpu_usage": {"total_usage": 1_500_000_000}},
        "memory_stats": {"usage": 450 * MIB, "stats": kinds},
    }
    assert used(stats) == (1.5, 100 * MIB)


def test_a_container_that_has_just_ended_has_no_memory() -> None:
    assert used({"cpu_stats": {"cpu_usage": {}}, "memory_stats": {}}) == (0, 0)
