# shellcheck shell=bash
# The stack scenarios (tests/stack) and the random faults that CI runs next to them.

run_stack_part() {
  if engine_answers && compose_answers; then
    make_base_image
    [[ -z "${CI:-}" ]] || start_random_faults
    run_scenarios
    [[ -z "${CI:-}" ]] || finish_random_faults
  elif [[ -n "${CI:-}" ]]; then
    say "FAILED: the stack scenarios need a container engine with Compose v2"
    FAILED=$((FAILED + 1))
  else
    say "SKIPPED: the stack scenarios need a container engine with Compose v2 (./appliance bootstrap)"
    SKIPPED=$((SKIPPED + 1))
  fi
}

# Ten minutes of random faults on local processes, at the same time as the scenarios, which mostly wait. A unit test does one minute.
start_random_faults() {
  (cd "$ROOT/app" && exec "$VENV/bin/python" -m tests.faults.chaos --minutes "${CHAOS_MINUTES:-10}") >"$REPORTS/faults" 2>&1 &
  RANDOM_FAULTS=$!
}

finish_random_faults() {
  check "random faults" wait "$RANDOM_FAULTS"
  cat "$REPORTS/faults" >&2
}

# Set SCENARIOS to the named ones, or to all, longest first.
choose_scenarios() {
  local all name order=" first-run faults edge monitoring hosts loadtest scale embedded "
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

# Run several scenarios at a time, because each mostly waits for its containers. Their output follows when all have ended.
run_scenarios() {
  local name
  step "${#SCENARIOS[@]} stack scenarios, several at a time: ${SCENARIOS[*]}"
  (
    cd "$ROOT/tests" || exit
    for name in "${SCENARIOS[@]}"; do
      until (($(jobs -rp | wc -l) < $(scenarios_at_a_time))); do sleep 1; done
      scenario "$name" >"$REPORTS/$name.log" 2>&1 &
    done
    wait
  )
  for name in "${SCENARIOS[@]}"; do
    step "stack scenario $name"
    cat "$REPORTS/$name.log" >&2
    add_counts "$REPORTS/$name.xml" "$(cat "$REPORTS/$name.status" 2>/dev/null || echo 1)"
  done
}

scenarios_at_a_time() {
  if [[ -n "${UNIT_TESTS:-}" ]] && kill -0 "$UNIT_TESTS" 2>/dev/null; then echo 2; else echo 3; fi
}

scenario() {
  local status=0
  "$VENV/bin/pytest" "stack/$1" --durations=5 --junitxml="$REPORTS/$1.xml" -o junit_family=xunit2 || status=$?
  echo "$status" >"$REPORTS/$1.status"
}
