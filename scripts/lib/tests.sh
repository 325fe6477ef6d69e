# shellcheck shell=bash
# `./appliance test [quick|unit|stack [SCENARIO …]]`: every check is counted, and the last line has the totals.

run_tests() {
  local part="${1:-all}"
  [[ "$part" == @(all|quick|unit|stack) ]] || fail "test: unknown part $part (quick, unit, stack, or none for unit and stack)"
  shift "$(($# > 0))"
  [[ "$part" == stack || $# == 0 ]] || fail "test: only stack takes scenarios"
  choose_scenarios "$@"
  PASSED=0 FAILED=0 SKIPPED=0
  REPORTS="$(mktemp -d)"
  unset PYTHONDONTWRITEBYTECODE # images of CI set it; without bytecode, each process of a test compiles the program again
  ensure_compiler
  ensure_venv requirements-dev.lock
  case "$part" in
    quick) run_quick_part ;;
    unit) run_unit_part ;;
    stack) run_stack_part ;;
    all) run_everything ;;
  esac
  rm -rf "$REPORTS"
  say ""
  echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
  [[ "$FAILED" == 0 && "$PASSED" -gt 0 ]]
}

# Tests above two seconds are left out (app/tests/slow_tests.py). More processes than cores, because many tests wait.
run_quick_part() {
  run_fast_linters
  check_pytest "quick unit tests" "$ROOT/app" tests -m "not slow" -p no:schemathesis --numprocesses "$(($(nproc) + 1))" --dist worksteal
}

run_unit_part() {
  start_unit_tests
  run_linters
  finish_unit_tests
}

# Images are built beside the unit tests, and EARLY_SCENARIOS run there. The other scenarios measure how soon faults recover, and unit
# tests at the same time would delay that.
run_everything() {
  start_unit_tests
  if scenarios_can_run; then start_scenarios; fi
  run_linters
  finish_unit_tests
  finish_scenarios
}

# A file stays in one process, because its tests share servers. Files start in the order of app/tests/conftest.py, longest first.
start_unit_tests() {
  ensure_tesseract
  ensure_chromium
  (
    cd "$ROOT/app" || exit
    exec "$VENV/bin/pytest" tests --numprocesses "$(nproc)" --dist loadfile --no-loadscope-reorder \
      --durations=25 --junitxml="$REPORTS/unit.xml" -o junit_family=xunit2
  ) >"$REPORTS/unit.log" 2>&1 &
  UNIT_TESTS=$!
  trap 'kill $UNIT_TESTS ${SCENARIO_RUN:-} 2>/dev/null || true' EXIT
}

finish_unit_tests() {
  local status=0
  wait "$UNIT_TESTS" || status=$?
  step "unit and integration tests"
  cat "$REPORTS/unit.log" >&2
  add_counts "$REPORTS/unit.xml" "$status"
}

run_linters() {
  run_fast_linters
  check "mypy" in_app "$VENV/bin/mypy"
  check "import-linter" in_app "$VENV/bin/lint-imports" --no-cache
  check_shell_scripts
}

run_fast_linters() {
  check "ruff check" in_root "$VENV/bin/ruff" check app tests grafana loadtest bench scripts training
  check "ruff format" in_root "$VENV/bin/ruff" format --check app tests grafana loadtest bench scripts training
  check "spelling" in_root "$VENV/bin/codespell"
  check "sentence length" in_root "$VENV/bin/python" scripts/prose.py --check
}

check_shell_scripts() {
  local scripts=("$ROOT/appliance" "$ROOT/.ci/run" "$ROOT/scripts/lock" "$ROOT/scripts/push-images" "$ROOT"/scripts/lib/*.sh)
  scripts+=("$ROOT"/images/*/{serve,serve-*,configure,fill-in,health,operator-cli,reload-users})
  check_if_installed shellcheck --external-sources "${scripts[@]}"
  check_if_installed shfmt --diff --indent 2 --case-indent "${scripts[@]}"
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

# Skip a linter that this machine lacks, and report that. In CI, install it.
check_if_installed() {
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

# The C reader of pages is built into .venv if there is a compiler. CI always tests it.
ensure_compiler() {
  if ! have cc && [[ -n "${CI:-}" ]] && is_root && is_debian_like; then
    step "Installing a C compiler"
    quietly apt_install gcc libc6-dev
  fi
}

# Tests of text recognition are skipped without tesseract. CI always runs them.
ensure_tesseract() {
  if ! have tesseract && [[ -n "${CI:-}" ]] && is_root && is_debian_like; then
    step "Installing tesseract"
    quietly apt_install tesseract-ocr tesseract-ocr-spa
  fi
}

# Tests of the console are skipped without Chromium. CI always runs them.
ensure_chromium() {
  if ! have chromium && [[ -n "${CI:-}" ]] && is_root && is_debian_like; then
    step "Installing Chromium"
    quietly apt_install chromium
  fi
}

# Run a folder of tests and add its counts.
#   $1: title  $2: folder with the pytest configuration  $3: folder of tests in it  $4…: options of pytest
check_pytest() {
  local report="$REPORTS/${3//\//-}.xml" status=0
  step "$1"
  (cd "$2" && "$VENV/bin/pytest" "${@:3}" --junitxml="$report" -o junit_family=xunit2) >&2 || status=$?
  add_counts "$report" "$status"
}

# Add the counts of a report. A run without a report, or with an error outside of its tests, counts as one failure.
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
failed, skipped = int(suite["failures"]) + int(suite["errors"]), int(suite["skipped"])
print(int(suite["tests"]) - failed - skipped, failed, skipped)
PYTHON
}
