"""Tests that `./appliance test quick` leaves out, and the order in which the others start.

Seconds are those of a whole file (or of one test) on a quiet core. Files that are not listed take a few seconds.
`pytest --durations=50` shows when an entry is missing: a test above two seconds belongs here.
"""

from __future__ import annotations

SECONDS = {
    "faults/test_redis_faults.py": 120,
    "faults/test_documents.py": 110,
    "faults/test_limits.py": 60,
    "faults/test_parts.py": 70,
    "faults/test_api_faults.py": 70,
    "faults/test_chaos.py": 65,
    "faults/test_dead_letters.py": 60,
    "faults/test_reviews.py": 60,
    "console/test_review_journey.py": 60,
    "embedded/test_start_and_stop.py": 60,
    "embedded/test_main_job.py": 60,
    "worker/test_workers.py": 60,
    "metrics/test_exact.py": 45,
    "capacity/test_bench.py": 40,
    "faults/test_stuck_consumer.py": 35,
    "api/test_contract.py": 35,
    "api/test_live.py": 30,
    "embedded/test_observed.py": 25,
    "faults/test_beat.py": 20,
    "faults/test_full_store.py": 20,
    "hosts/test_remote_store.py": 20,
    "api/test_limits.py::test_a_redis_that_hangs_does_not_stop_other_requests": 10,
    "api/test_attacks.py::test_a_drip_is_cut": 8,
    "metrics/test_record.py::test_observations_of_many_processes_are_counted_exactly": 3,
    "worker/": 20,
    "api/test_idempotency.py::test_an_upload_under_way_refuses_its_twin_and_a_dead_process_frees_the_key": 20,
    "batches/test_ledger_model.py": 20,
    "loadtest/test_parts.py::test_a_report_shows_every_part_with_its_picture_and_its_problems": 15,
    "evaluation/documents/test_hostile.py": 15,
    "reports/test_command.py": 15,
    "console/test_browser.py": 30,
    "evaluation/pdf/test_budget.py": 15,
    "evaluation/pdf/test_doubts.py": 15,
    "evaluation/documents/test_parts.py": 10,
    "evaluation/matching/test_scanner.py": 10,
    "upgrade/": 10,
    "evaluation/pdf/test_native.py::test_a_real_plan_is_read_the_same": 5,
    "documentation/test_sample.py": 5,
    "test_settings.py::test_a_service_rejects_a_ledger_of_another_format_in_one_line": 4,
    "evaluation/test_results.py::test_another_process_with_another_hash_seed_and_file_name_gives_the_same_bytes": 3,
    "reports/test_rollup.py::test_a_countrys_results_are_never_in_memory_together": 8,
    "api/test_archives.py::test_a_bomb_is_refused_before_it_is_unpacked": 5,
}
"""Path below ``app/tests``, or a test in it, to its seconds."""


def seconds_of(node_id: str) -> int:
    """Return the seconds of the entry that a test belongs to; 0 if it is quick."""
    path = node_id.removeprefix("tests/")
    return max((seconds for start, seconds in SECONDS.items() if path.startswith(start)), default=0)
