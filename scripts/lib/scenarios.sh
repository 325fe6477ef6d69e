# shellcheck shell=bash
# The stack scenarios (tests/stack) and the random faults that CI runs next to them.

# These wait for the work of containers and measure no time, so they may run beside the unit tests.
readonly EARLY_SCENARIOS=" operations embedded "

run_stack_part() {
  if scenarios_can_run; then start_scenarios; fi
  finish_scenarios
}

# False, and counted as failed in CI and else as skipped, on a machine without an engine.
scenarios_can_run() {
  if engine_answers && compose_answers; then return 0; fi
  if [[ -n "${CI:-}" ]]; then
    say "FAILED: the stack scenarios need a container engine with Compose v2"
    FAILED=$((FAILED + 1))
  else
    say "SKIPPED: the stack scenarios need a container engine with Compose v2 (./appliance bootstrap)"
    SKIPPED=$((SKIPPED + 1))
  fi
  return 1
}

start_scenarios() {
  make_base_image
  step "${#SCENARIOS[@]} stack scenarios, several at a time: ${SCENARIOS[*]}"
  run_scenarios &
  SCENARIO_RUN=$!
  trap 'kill $SCENARIO_RUN ${UNIT_TESTS:-} 2>/dev/null || true' EXIT
}

finish_scenarios() {
  local name
  [[ -n "${SCENARIO_RUN:-}" ]] || return 0
  [[ -z "${CI:-}" ]] || start_random_faults
  wait "$SCENARIO_RUN" || true # each scenario left its own status
  for name in "${SCENARIOS[@]}"; do
    step "stack scenario $name"
    cat "$REPORTS/$name.log" >&2
    add_counts "$REPORTS/$name.xml" "$(cat "$REPORTS/$name.status" 2>/dev/null || echo 1)"
  done
  [[ -z "${CI:-}" ]] || finish_random_faults
}

# Four minutes of random faults on local processes, at the same time as the scenarios, which mostly wait. A unit test does one minute.
start_random_faults() {
  (cd "$ROOT/app" && exec "$VENV/bin/python" -m tests.faults.chaos --minutes "${CHAOS_MINUTES:-4}") >"$REPORTS/faults" 2>&1 &
  RANDOM_FAULTS=$!
}

finish_random_faults() {
  check "random faults" wait "$RANDOM_FAULTS"
  cat "$REPORTS/faults" >&2
}

# Set SCENARIOS to the named ones, or to all: early ones first, then the longest.
choose_scenarios() {
  local all name order=" operations embedded first-run faults edge monitoring hosts loadtest scale "
  mapfile -t all < <(find "$ROOT/tests/stack" -mindepth 2 -name 'test_*.py' -printf '%h\n' | sort -u | xargs -n 1 basename)
  for name in "$@"; do
    [[ " ${all[*]} " == *" $name "* ]] || fail "test: there is no stack scenario $name, only: ${all[*]}"
  done
  SCENARIOS=("$@")
  [[ $# == 0 ]] || return 0
  # A scenario without a place in the order starts first.
  for name in "${all[@]}"; do
    [[ "$order" == *" $name "* ]] || SCENARIOS+=("$name")
  done
  for name in $order; do
    [[ " ${all[*]} " != *" $name "* ]] || SCENARIOS+=("$name")
  done
}

# Run several scenarios at a time, because each mostly waits for its containers. Their output goes to files.
run_scenarios() {
  local name
  build_images >"$REPORTS/images.log" 2>&1 || cat "$REPORTS/images.log" >&2 # a scenario shows what fails
  cd "$ROOT/tests" || exit
  for name in "${SCENARIOS[@]}"; do
    until may_start "$name"; do sleep 1; done
    scenario "$name" >"$REPORTS/$name.log" 2>&1 &
  done
  wait
}

# Fill the build cache from a clone, as each scenario builds. Without that, the first three would wait for each other's builds.
build_images() {
  git clone --quiet "$ROOT" "$REPORTS/clone"
  pass_on_pip_index
  IMAGE_TAG=scenarios docker compose --project-directory "$REPORTS/clone" build
}

# One scenario at a time beside the unit tests, else three.
may_start() {
  local most=3
  if unit_tests_run; then
    [[ "$EARLY_SCENARIOS" == *" $1 "* ]] || return 1
    most=1
  fi
  (($(jobs -rp | wc -l) < most))
}

unit_tests_run() { [[ -n "${UNIT_TESTS:-}" ]] && kill -0 "$UNIT_TESTS" 2>/dev/null; }

scenario() {
  local status=0
  "$VENV/bin/pytest" "stack/$1" --durations=5 --junitxml="$REPORTS/$1.xml" -o junit_family=xunit2 || status=$?
  echo "$status" >"$REPORTS/$1.status"
}
