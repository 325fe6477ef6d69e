# shellcheck shell=bash
# The two forms of the appliance (containers: "stack"; local processes: "embedded") and the choice between them.
# Each form has the same functions: stack_up and embedded_up, stack_down and embedded_down, and so on.

readonly FORM_FILE="$STATE_DIR/form"
readonly REPLICAS_FILE="$STATE_DIR/replicas"

up() {
  local replicas="" profile="" larger="" autoscale="" embedded="" attach="" form
  while [[ $# -gt 0 ]]; do
    case "$1" in
      --scale) shift && replicas="$(worker_replicas "${1:-}")" ;;
      --scale=*) replicas="$(worker_replicas "${1#--scale=}")" ;;
      --profile) shift && profile="${1:?up: --profile takes a name: $(profile_names)}" ;;
      --profile=*) profile="${1#--profile=}" ;;
      --larger) larger=yes ;;
      --autoscale) shift && autoscale="${1:?up: --autoscale takes LEAST-MOST, or off}" ;;
      --autoscale=*) autoscale="${1#--autoscale=}" ;;
      --embedded) embedded=yes ;;
      --attach) attach=yes ;;
      *) fail "up: unknown option $1 (see ./appliance help)" ;;
    esac
    shift
  done
  form="$(choose_form "$embedded")"
  refuse_other_form "$form"
  mkdir -p "$STATE_DIR"
  if [[ "$form" == stack ]]; then note_autoscale "$autoscale"; fi
  apply_profile "$profile" "$larger"
  replicas="$(noted_replicas "$replicas" "$profile$autoscale")"
  "${form}_up" "$replicas"
  "${form}_invite"
  [[ -z "$attach" ]] || "${form}_attach"
}

worker_replicas() {
  [[ "$1" =~ ^worker=([1-9][0-9]*)$ ]] || fail "up: --scale takes worker=N, not '$1'"
  printf '%s' "${BASH_REMATCH[1]}"
}

# Note the number of workers that was asked for, and print it; without one, that of the last start.
#   $1: number, or empty  $2: not empty when something else was asked for that decides it, which makes the last one obsolete
noted_replicas() {
  [[ -z "$2" ]] || rm -f "$REPLICAS_FILE"
  if [[ -n "$1" ]]; then
    printf '%s\n' "$1" >"$REPLICAS_FILE"
  elif [[ -r "$REPLICAS_FILE" ]]; then
    say "Workers: $(cat "$REPLICAS_FILE"), as at the last start; --scale takes another number, --profile or --autoscale forgets it."
  fi
  if [[ -r "$REPLICAS_FILE" ]]; then cat "$REPLICAS_FILE"; fi
}

# Note the bounds between which the number of workers follows the queue: `1-8`; `off` ends it.
#   $1: what was asked for; empty leaves it as it is
note_autoscale() {
  if [[ "$1" == off ]]; then
    rm -f "$AUTOSCALE_FILE"
  elif [[ "$1" =~ ^([1-9][0-9]*)-([1-9][0-9]*)$ ]] && ((BASH_REMATCH[1] <= BASH_REMATCH[2])); then
    printf '%s\n' "$1" >"$AUTOSCALE_FILE"
  elif [[ -n "$1" ]]; then
    fail "up: --autoscale takes LEAST-MOST, for example 1-8, or off; not '$1'"
  fi
}

# Print the form to start, and say why on standard error.
choose_form() {
  if [[ -n "$1" ]]; then
    say "Form: embedded, as asked."
    echo embedded
  elif engine_refuses_user; then
    [[ "$(last_form)" != stack ]] || fail "the appliance was started here as containers, and the engine does not let $(id -un) use it: sudo ./appliance up"
    say "Form: embedded, because the engine does not let $(id -un) use it. For the full stack: sudo ./appliance up, or membership of the group docker (as good as root)"
    echo embedded
  elif ! engine_answers; then
    say "Form: embedded, because no container engine answers. For the full stack: sudo ./appliance bootstrap"
    echo embedded
  elif ! compose_answers; then
    say "Form: embedded, because the engine lacks Compose v2. For the full stack: sudo ./appliance bootstrap"
    echo embedded
  else
    say "Form: containers, because an engine with Compose v2 answers."
    echo stack
  fi
}

last_form() { if [[ -r "$FORM_FILE" ]]; then cat "$FORM_FILE"; fi; }

# One set of data and one address at a time: the other form must be down first.
refuse_other_form() {
  local other
  other="$(last_form)"
  if [[ -n "$other" && "$other" != "$1" ]] && "${other}_runs"; then
    fail "the appliance runs in its other form ($other); stop that first: ./appliance down"
  fi
}

remember_form() { printf '%s\n' "$1" >"$FORM_FILE"; }

# Run a command in the form that was started last.
in_form() {
  local command="$1" form
  shift
  form="$(last_form)"
  # Started by a plain `docker compose up`, perhaps.
  if [[ -z "$form" ]] && compose_answers && stack_runs; then form=stack; fi
  if [[ -z "$form" && "$command" == down ]]; then
    say "Nothing was started here."
    return 0
  fi
  [[ -n "$form" ]] || fail "nothing was started here yet: ./appliance up"
  declare -F "${form}_$command" >/dev/null || fail "there is no '${command//_/-}' in this form of the appliance ($form)"
  "${form}_$command" "$@"
}

# `logs [SERVICE]`, or everything that all services said about one batch or document.
logs() {
  case "${1:-}" in
    --batch | --document) ;;
    *)
      in_form logs "$@"
      return
      ;;
  esac
  [[ "${2:-}" =~ ^(batch|doc)_[0-9a-z]{26}$ ]] || fail "logs: $1 takes an id (batch_… or doc_…), not '${2:-}'"
  case "${3:-}" in
    "") in_form all_logs | in_form trace "$2" ;;
    -f | --follow) in_form all_logs follow | in_form trace "$2" --follow ;;
    *) fail "logs: unknown option $3 (see ./appliance help)" ;;
  esac
}

# Print what `down` passes on: --volumes, or nothing.
down_options() {
  [[ $# -le 1 ]] || fail "down takes --volumes, or nothing"
  case "${1:-}" in
    "") ;;
    -v | --volumes) echo --volumes ;;
    *) fail "down: unknown option $1 (see ./appliance help)" ;;
  esac
}

# Print the services of a form that are not as they should be, one a line; a one-shot that ended well is.
#   $@: how the form calls Compose
unhealthy_services() {
  "$@" ps --all --format '{{.Service}} {{.State}} {{.Health}} {{.ExitCode}}' | awk '
    $2 == "running" && ($3 == "healthy" || NF == 3) { next }
    $1 == "setup" && $2 == "exited" && $NF == 0 { next }
    { print $1 }' | sort -u
}

# Print the services of a form and how they are; fails unless all are well.
report_services() {
  local unwell
  "$@" ps --all
  unwell="$(unhealthy_services "$@")"
  [[ -n "$unwell" ]] || return 0
  say "Not healthy: ${unwell//$'\n'/, }. ./appliance logs SERVICE shows why."
  return 1
}

backup_target() {
  [[ $# == 1 ]] || fail "backup takes one file"
  [[ ! -e "$1" ]] || fail "backup: $1 exists already"
}

restore_source() {
  [[ $# -ge 1 && -r "$1" ]] || fail "restore takes a file that backup wrote"
}
