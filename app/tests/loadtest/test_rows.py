"""The matrix agrees with the profiles, and a row is scaled to the host."""

import pytest

from tests.loadtest import at_root

with at_root():
    from loadtest.rows import Host, compression, heavy_wait_seconds, matrix, profile, rows

BIG = Host(128, 1 << 20, 1 << 19)
SMALL = Host(2, 4096, 2048)
# Expected bands.
BANDS = {
    "2c4g": (30, 40), "4c8g": (60, 80), "8c16g": (150, 180), "16c32g": (250, 300), "16c32g-balanced": (300, 350),
    "32c64g": (500, 600), "2x8c": (150, 180), "4x8c": (300, 360), "4x16c": (600, 720), "8x16c": (1200, 1440),
}  # fmt: skip


def test_there_are_ten_rows_with_their_bands() -> None:
    assert {name: row.band for name, row in rows().items()} == BANDS


@pytest.mark.parametrize("name", rows())
def test_a_row_has_the_numbers_of_its_profile(name: str) -> None:
    row, values = rows()[name], profile(name)
    assert row.cores == int(values["PROFILE_CORES"])
    assert row.memory_gb == int(values["PROFILE_MEMORY_GB"])
    assert row.machines == int(values.get("PROFILE_MACHINES", 1))
    assert row.workers == int(values["WORKER_REPLICAS"])
    assert row.concurrency == int(values["WORKER_CONCURRENCY"])
    assert row.prefetch == int(values["WORKER_PREFETCH"])
    assert row.tasks_per_child == int(values["WORKER_TASKS_PER_CHILD"])


@pytest.mark.parametrize("name", rows())
def test_a_row_runs_whole_where_there_is_room_and_never_without_a_worker(name: str) -> None:
    row = rows()[name]
    assert row.workers_here(BIG) == row.all_workers
    assert row.cores_here(BIG) == min(row.all_cores, 128)
    here = row.workers_here(SMALL)
    assert here == 1 or here * row.concurrency * matrix()["process_mib"] <= SMALL.worker_memory_mib
    assert row.cores_here(SMALL) == 2


@pytest.mark.parametrize("name", rows())
def test_heavy_documents_give_the_rate_of_the_cores_in_the_band(name: str) -> None:
    row = rows()[name]
    ideal = 3600 * row.processes / heavy_wait_seconds(row, row.processes) / compression(row)
    assert ideal == pytest.approx(3600 * row.all_cores / matrix()["heavy_core_seconds"])
    assert row.band[0] <= ideal
    # Fewer processes on a small host: each document waits less, so the rate stays that of the cores.
    assert heavy_wait_seconds(row, row.processes // 2) == pytest.approx(heavy_wait_seconds(row, row.processes) / 2)
