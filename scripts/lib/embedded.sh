# shellcheck shell=bash
# The appliance as local processes of the same program, from a virtual environment: no root, no container engine.

readonly EMBEDDED_DATA="$STATE_DIR/embedded"

embedded() {
  local command="$1"
  shift
  "$VENV/bin/decalogo" embedded "$command" --data "$EMBEDDED_DATA" "$@"
}

embedded_up() {
  local options=() port
  # One worker has as many processes as all workers of the profile together.
  options+=(--workers "$((${1:-$(configured WORKER_REPLICAS 1)} * $(configured WORKER_CONCURRENCY 2)))")
  port="$(configured EMBEDDED_PORT)"
  [[ -z "$port" ]] || options+=(--port "$port")
  ensure_venv requirements.lock
  export_dotenv
  remember_form embedded
  step "Starting the processes"
  embedded up "${options[@]}" >/dev/null
}

embedded_runs() { [[ -x "$VENV/bin/decalogo" ]] && embedded url >/dev/null 2>&1; }

embedded_invite() {
  say ""
  say "Ready: $(embedded_url)  (this machine only, without TLS)"
  say "Console: $(embedded_url)/  Sign in with the token that ./appliance token admin prints."
  say "Next: ./appliance decalogo submit app/tests/data/florencia-2020-2023.pdf --wait"
}

embedded_attach() {
  trap 'trap - INT; say ""; embedded_down' INT
  embedded logs --follow
}

embedded_down() {
  local volumes
  parse_options down "v|volumes yes" "$@"
  expect_arguments "down takes --volumes and --yes only" 0 0
  volumes="$(option volumes)"
  if [[ -n "$volumes" && -z "$(option yes)" && -d "$EMBEDDED_DATA" ]]; then
    confirm_loss "appliance in $EMBEDDED_DATA" "$(embedded run -- holdings 2>/dev/null)"
  fi
  embedded down ${volumes:+--volumes} >&2
}

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
  if [[ "$*" == "admin --new" ]]; then
    embedded run -- token renew-admin --root "$EMBEDDED_DATA/secrets" --no-groups
    embedded run -- token adopt-admin
    embedded_token admin
  elif [[ "${1:-}" == admin ]]; then
    [[ $# == 1 ]] || fail "token admin takes --new only"
    cat "$(embedded token)"
  else
    embedded run -- token "$@"
  fi
}

embedded_decalogo() { run_client "$(embedded_url)" "$(embedded token)" "$@"; }

embedded_certificate() { fail "the embedded form does not use TLS, so there is no certificate"; }

embedded_dead() { embedded run -- dead "$@"; }
embedded_audit() { embedded run -- audit "$@"; }

embedded_backup() {
  backup_target "$@"
  (umask 077 && embedded run -- backup "$(realpath "$1")")
}

embedded_restore() {
  restore_source "$@"
  embedded run -- restore "$(realpath "$1")" "${@:2}"
}
