"""Scenarios that measure how soon faults recover never run beside the unit tests."""

from __future__ import annotations

from tests.deployment.checkout import Checkout

FAKES = """
REPORTS="$(mktemp -d)" FAILED=0 SKIPPED=0
make_base_image() { :; }
build_images() { :; }
add_counts() { :; }
start_random_faults() { :; }
finish_random_faults() { :; }
engine_answers() { :; }
compose_answers() { :; }
run_linters() { :; }
start_unit_tests() {
  (until [[ -e "$REPORTS/embedded.status" ]]; do sleep 0.05; done; touch "$REPORTS/unit-ended") &
  UNIT_TESTS=$!
}
finish_unit_tests() { wait "$UNIT_TESTS"; }
scenario() {
  local when=beside
  [[ ! -e "$REPORTS/unit-ended" ]] || when=after
  echo "$1 $when $(find "$REPORTS" -name '*.running' | wc -l)" >>"$REPORTS/started"
  touch "$REPORTS/$1.running"
  sleep 0.2
  rm "$REPORTS/$1.running"
  echo 0 >"$REPORTS/$1.status"
}
mkdir -p tests
SCENARIOS=(operations embedded faults hosts edge scale)
run_everything
cat "$REPORTS/started"
"""


def test_early_scenarios_run_one_at_a_time_beside_the_unit_tests_and_the_others_after_them(checkout: Checkout) -> None:
    done = checkout.run(FAKES)

    assert done.returncode == 0, done.stderr
    started = {name: (when, int(others)) for name, when, others in map(str.split, done.stdout.splitlines())}
    assert {name for name, (when, _) in started.items() if when == "beside"} == {"operations", "embedded"}
    assert {name for name, (when, _) in started.items() if when == "after"} == {"faults", "hosts", "edge", "scale"}
    assert started["embedded"][1] == 0, "operations has ended"
    assert max(others for _, others in started.values()) <= 2, "at most three at a time"


def test_without_an_engine_the_scenarios_fail_in_ci_and_are_skipped_elsewhere(checkout: Checkout) -> None:
    code = FAKES.replace("engine_answers() { :; }", "engine_answers() { return 1; }")
    code = code.replace('[[ -e "$REPORTS/embedded.status" ]]', "true").replace('cat "$REPORTS/started"', "")

    assert checkout.run(code + 'echo "$FAILED $SKIPPED"', CI="true").stdout.split() == ["1", "0"]
    assert checkout.run(code + 'echo "$FAILED $SKIPPED"', CI="").stdout.split() == ["0", "1"]
