# shellcheck shell=bash
# `./appliance test [unit|stack [SCENARIO …]]`: every check, each counted, and one closing line for the whole.

run_tests() {
  local part="${1:-all}"
  [[ "$part" == @(all|unit|stack) ]] || fail "test: unknown part $part (unit, stack, or none for both)"
  shift "$(($# > 0))"
  [[ "$part" == stack || $# == 0 ]] || fail "test: only stack takes scenarios, $part does not"
  choose_scenarios "$@"
  PASSED=0 FAILED=0 SKIPPED=0
  REPORTS="$(mktemp -d)"
  ensure_compiler
  ensure_venv requirements-dev.lock
  [[ "$part" == stack ]] || run_unit_part
  if [[ "$part" != unit ]]; then
    [[ -z "${CI:-}" ]] || start_random_faults
    run_stack_part
    [[ -z "${CI:-}" ]] || finish_random_faults
  fi
  rm -rf "$REPORTS"
  say ""
  echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
  [[ "$FAILED" == 0 && "$PASSED" -gt 0 ]]
}

run_unit_part() {
  local scripts=("$ROOT/appliance" "$ROOT/.ci/run" "$ROOT"/scripts/lock "$ROOT"/scripts/lib/*.sh "$ROOT"/images/*/{serve,serve-*,configure,fill-in,health,operator-cli,reload-users})
  check "ruff check" in_app "$VENV/bin/ruff" check .
  check "ruff format" in_app "$VENV/bin/ruff" format --check .
  check "ruff check of stack tests, dashboards, load tests and benches" in_root "$VENV/bin/ruff" check --config app/pyproject.toml tests grafana loadtest bench
  check "ruff format of stack tests, dashboards, load tests and benches" in_root "$VENV/bin/ruff" format --check --config app/pyproject.toml tests grafana loadtest bench
  check "mypy" in_app "$VENV/bin/mypy"
  check "import-linter" in_app "$VENV/bin/lint-imports"
  check_if_there shellcheck --external-sources "${scripts[@]}"
  check_if_there shfmt --diff --indent 2 --case-indent "${scripts[@]}"
  ensure_tesseract
  ensure_chromium
  check_pytest "unit and integration tests" "$ROOT/app" tests --numprocesses "$(nproc)" --dist loadfile
}

run_stack_part() {
  if engine_answers && compose_answers; then
    make_base_image
    run_scenarios
  elif [[ -n "${CI:-}" ]]; then
    say "FAILED: the stack scenarios need a container engine with Compose v2, and in CI that is no excuse"
    FAILED=$((FAILED + 1))
  else
    say "SKIPPED: the stack scenarios need a container engine with Compose v2 (./appliance bootstrap)"
    SKIPPED=$((SKIPPED + 1))
  fi
}

# Ten minutes of random faults on local processes, beside the scenarios, which mostly wait (one minute of it is a unit test).
start_random_faults() {
  (cd "$ROOT/app" && exec "$VENV/bin/python" -m tests.faults.chaos --minutes "${CHAOS_MINUTES:-10}") >"$REPORTS/faults" 2>&1 &
  RANDOM_FAULTS=$!
}

finish_random_faults() {
  check "random faults" wait "$RANDOM_FAULTS"
  cat "$REPORTS/faults" >&2
}

in_app() { (cd "$ROOT/app" && "$@"); }
in_root() { (cd "$ROOT" && "$@"); }

# Run one check and count it.
check() {
  local title="$1"
  shift
  step "$title"
  if "$@" >&2; then
    PASSED=$((PASSED + 1))
  else
    say "FAILED: $title"
    FAILED=$((FAILED + 1))
  fi
}

# A linter that this machine lacks is skipped, loudly, except in CI.
check_if_there() {
  if have "$1"; then
    check "$1" "$@"
  elif [[ -n "${CI:-}" ]] && is_root && is_debian_like; then
    quietly apt_install "$1"
    check "$1" "$@"
  else
    say "SKIPPED: $1 is not installed"
    SKIPPED=$((SKIPPED + 1))
  fi
}

# The C reader of pages is built into .venv where there is a compiler; in CI there is one.
ensure_compiler() {
  if ! have cc && [[ -n "${CI:-}" ]] && is_root && is_debian_like; then
    step "Installing a C compiler"
    quietly apt_install gcc libc6-dev
  fi
}

# The tests of text recognition are skipped without the program, and fail in CI: it is installed there.
ensure_tesseract() {
  if ! have tesseract && [[ -n "${CI:-}" ]] && is_root && is_debian_like; then
    step "Installing tesseract"
    quietly apt_install tesseract-ocr tesseract-ocr-spa
  fi
}

# The browser tests drive Chromium. They are skipped without it, and fail in CI, so CI installs it.
ensure_chromium() {
  if ! have chromium && [[ -n "${CI:-}" ]] && is_root && is_debian_like; then
    step "Installing Chromium"
    quietly apt_install chromium
  fi
}

# Run a folder of tests and add its counts.
#   $1: title  $2: folder that holds the pytest configuration  $3: folder of tests in it  $4…: options of pytest
check_pytest() {
  local report="$REPORTS/${3//\//-}.xml" status=0
  step "$1"
  (cd "$2" && "$VENV/bin/pytest" "${@:3}" --junitxml="$report" -o junit_family=xunit2) >&2 || status=$?
  add_counts "$report" "$status"
}

# Set SCENARIOS to those that were named, or to all.
choose_scenarios() {
  local all name
  mapfile -t all < <(find "$ROOT/tests/stack" -mindepth 2 -name 'test_*.py' -printf '%h\n' | sort -u | xargs -n 1 basename)
  for name in "$@"; do
    [[ " ${all[*]} " == *" $name "* ]] || fail "test: no stack scenario $name (there are: ${all[*]})"
  done
  SCENARIOS=("${@:-${all[@]}}")
}

# A scenario mostly waits for its containers, so two run at a time; what each printed is shown when all have ended.
run_scenarios() {
  local name
  step "${#SCENARIOS[@]} stack scenarios, two at a time: ${SCENARIOS[*]}"
  (
    cd "$ROOT/tests" || exit
    for name in "${SCENARIOS[@]}"; do
      while (($(jobs -rp | wc -l) >= 2)); do wait -n || true; done
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

scenario() {
  local status=0
  "$VENV/bin/pytest" "stack/$1" --durations=5 --junitxml="$REPORTS/$1.xml" -o junit_family=xunit2 || status=$?
  echo "$status" >"$REPORTS/$1.status"
}

# Add the counts of a report; a run that broke before or after its tests (no report, an internal error) is a failure of its own.
#   $1: JUnit report  $2: exit status of the run
add_counts() {
  local counts passed failed skipped
  counts="$(count_results "$1")" || counts="0 0 0"
  read -r passed failed skipped <<<"$counts"
  if [[ "$2" != 0 && "$failed" == 0 ]]; then failed=1; fi
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
}

# Print how many tests passed, failed and were skipped, from a JUnit report.
count_results() {
  "$VENV/bin/python" - "$1" <<'PYTHON'
import sys
import xml.etree.ElementTree as ElementTree

suite = ElementTree.parse(sys.argv[1]).getroot().find("testsuite").attrib
bad, skipped = int(suite["failures"]) + int(suite["errors"]), int(suite["skipped"])
print(int(suite["tests"]) - bad - skipped, bad, skipped)
PYTHON
}
