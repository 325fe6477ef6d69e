"""What `decalogo workers` says of the workers' answers."""

from decalogo.cli.workers import describe

POOL = {"max-concurrency": 4, "max-tasks-per-child": 100}


def test_a_worker_is_described_by_what_it_runs_with() -> None:
    stats = {
        "worker@b": {"pool": POOL, "prefetch_count": 16, "total": {"one": 3, "two": 4}},
        "worker@a": {"pool": POOL, "prefetch_count": 16, "total": {}},
    }
    conf = {"worker@a": {"worker_disable_prefetch": True}, "worker@b": {"worker_disable_prefetch": False}}
    assert describe(stats, conf) == [
        "worker@a: 4 at once, 0 reserved ahead, a process is replaced after 100 documents, 0 done",
        "worker@b: 4 at once, 16 reserved ahead, a process is replaced after 100 documents, 7 done",
    ]
