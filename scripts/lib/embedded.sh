# shellcheck shell=bash
# The appliance as local processes of the same program, from a virtual environment: no root, no engine.

readonly EMBEDDED_DATA="$STATE_DIR/embedded"

embedded() {
  local command="$1"
  shift
  "$VENV/bin/decalogo" embedded "$command" --data "$EMBEDDED_DATA" "$@"
}

embedded_up() {
  local options=()
  # One worker here does what the profile's replicas do there.
  options+=(--workers "$((${1:-${WORKER_REPLICAS:-1}} * ${WORKER_CONCURRENCY:-2}))")
  export DECALOGO_QUEUE__DISABLE_PREFETCH="${WORKER_DISABLE_PREFETCH:-true}"
  export DECALOGO_QUEUE__PREFETCH_MULTIPLIER="${WORKER_PREFETCH:-1}"
  export DECALOGO_QUEUE__MAX_TASKS_PER_CHILD="${WORKER_TASKS_PER_CHILD:-100}"
  [[ -z "${EMBEDDED_PORT:-}" ]] || options+=(--port "$EMBEDDED_PORT")
  ensure_venv requirements.lock
  remember_form embedded
  step "Starting the processes"
  embedded up "${options[@]}" >/dev/null
}

embedded_runs() { [[ -x "$VENV/bin/decalogo" ]] && embedded url >/dev/null 2>&1; }

embedded_invite() {
  say ""
  say "Ready: $(embedded_url)  (this machine only, without TLS)"
  say "Admin token: ./appliance token admin"
  say "Next: ./appliance decalogo submit app/tests/data/florencia-2020-2023.pdf --wait"
}

embedded_attach() {
  trap 'trap - INT; say ""; embedded_down' INT
  embedded logs --follow
}

embedded_down() { embedded down "$@" >&2; }
embedded_status() { embedded status; }
embedded_url() { embedded url; }

embedded_logs() {
  local follow=()
  if [[ -t 1 ]]; then follow=(--follow); fi
  embedded logs "${follow[@]}" "$@"
}

embedded_all_logs() { embedded logs --lines 100000000 ${1:+--follow}; }
embedded_trace() { embedded run -- trace "$@"; }

embedded_token() {
  if [[ "${1:-}" == admin ]]; then
    cat "$(embedded token)"
  else
    embedded run -- token "$@"
  fi
}

embedded_decalogo() { run_client "$(embedded_url)" "$(embedded token)" "" "$@"; }

embedded_certificate() { fail "the embedded form is without TLS: there is no certificate"; }

embedded_dead() { embedded run -- dead "$@"; }

embedded_backup() {
  backup_target "$@"
  (umask 077 && embedded run -- backup "$(realpath "$1")")
}

embedded_restore() {
  restore_source "$@"
  embedded run -- restore "$(realpath "$1")" "${@:2}"
}
