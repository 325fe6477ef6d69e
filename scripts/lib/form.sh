# shellcheck shell=bash
# The two forms of the appliance (containers: "stack"; local processes: "embedded") and the choice between them.
# Each form has the same functions: stack_up and embedded_up, stack_down and embedded_down, and so on.

readonly FORM_FILE="$STATE_DIR/form"
readonly REPLICAS_FILE="$STATE_DIR/replicas"

up() {
  local replicas="" profile autoscale larger attach form
  parse_options up "scale= profile= larger autoscale= embedded attach" "$@"
  expect_arguments "up takes options only, not '${ARGUMENTS[*]}'" 0 0
  profile="$(option profile)" autoscale="$(option autoscale)" larger="$(option larger)" attach="$(option attach)"
  replicas="$(worker_replicas up "$(option scale)")"
  form="$(choose_form "$(option embedded)")"
  refuse_other_form "$form"
  mkdir -p "$STATE_DIR"
  if [[ "$form" == stack ]]; then note_autoscale "$autoscale"; fi
  apply_profile "$profile" "$larger"
  replicas="$(noted_replicas "$replicas" "$profile$autoscale")"
  "${form}_up" "$replicas"
  note_commit
  "${form}_invite"
  [[ -z "$attach" ]] || "${form}_attach"
}

# Print N of `worker=N`.
#   $1: command, for the message  $2: value of --scale, or nothing
worker_replicas() {
  [[ -n "$2" ]] || return 0
  [[ "$2" =~ ^worker=([1-9][0-9]*)$ ]] || fail "$1: --scale takes worker=N, not '$2'"
  printf '%s' "${BASH_REMATCH[1]}"
}

# Remember the requested number of workers and print it; without a request, print the one of the last start.
#   $1: number, or nothing  $2: not empty if an option decides the number that makes the remembered one obsolete
noted_replicas() {
  [[ -z "$2" ]] || rm -f "$REPLICAS_FILE"
  if [[ -n "$1" ]]; then
    printf '%s\n' "$1" >"$REPLICAS_FILE"
  elif [[ -r "$REPLICAS_FILE" ]]; then
    say "Workers: $(cat "$REPLICAS_FILE"), as at the last start; --scale changes the number, --profile and --autoscale reset it."
  fi
  if [[ -r "$REPLICAS_FILE" ]]; then cat "$REPLICAS_FILE"; fi
}

# Remember the bounds of the autoscaler, for example `1-8`; `off` disables it.
#   $1: value of --autoscale; empty changes nothing
note_autoscale() {
  if [[ "$1" == off ]]; then
    rm -f "$AUTOSCALE_FILE"
  elif [[ "$1" =~ ^([1-9][0-9]*)-([1-9][0-9]*)$ ]] && ((BASH_REMATCH[1] <= BASH_REMATCH[2])); then
    printf '%s\n' "$1" >"$AUTOSCALE_FILE"
  elif [[ -n "$1" ]]; then
    fail "up: --autoscale takes MIN-MAX, for example 1-8, or off; not '$1'"
  fi
}

# Print the form to start, and the reason on standard error.
choose_form() {
  if [[ -n "$1" ]]; then
    say "Form: embedded, as requested."
    echo embedded
  elif engine_refuses_user; then
    [[ "$(last_form)" != stack ]] || fail "the appliance was started here as containers, and $(id -un) lacks permission to use the engine: sudo ./appliance up"
    say "Form: embedded, because $(id -un) lacks permission to use the container engine. For the containers: sudo ./appliance up, or membership of the group docker (equal to root)."
    echo embedded
  elif ! engine_answers; then
    say "Form: embedded, because no container engine responds. To install one: sudo ./appliance bootstrap"
    echo embedded
  elif ! compose_answers; then
    say "Form: embedded, because the container engine lacks Compose v2. To install it: sudo ./appliance bootstrap"
    echo embedded
  else
    say "Form: containers, because an engine with Compose v2 responds."
    echo stack
  fi
}

last_form() { if [[ -r "$FORM_FILE" ]]; then cat "$FORM_FILE"; fi; }

# The forms share ports and data, so only one may run.
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
  # It may have been started with plain `docker compose up`.
  if [[ -z "$form" ]] && compose_answers && stack_runs; then form=stack; fi
  if [[ -z "$form" && "$command" == down ]]; then
    say "Nothing was started from this checkout."
    return 0
  fi
  [[ -n "$form" ]] || fail "nothing was started from this checkout: ./appliance up"
  declare -F "${form}_$command" >/dev/null || fail "'${command//_/-}' does not exist in this form of the appliance ($form)"
  if [[ "$form" == stack ]] && engine_answers; then refuse_other_checkout "$(project_name)"; fi
  "${form}_$command" "$@"
}

# `logs [SERVICE]`, or all log lines about one batch or document.
logs() {
  case "${1:-}" in
    --batch* | --document*) ;;
    *)
      in_form logs "$@"
      return
      ;;
  esac
  local id
  parse_options logs "batch= document= f|follow" "$@"
  id="$(option batch)$(option document)"
  [[ "$id" =~ ^(batch|doc)_[0-9a-z]{26}$ && ${#ARGUMENTS[@]} == 0 ]] || fail "logs: --batch and --document take an id (batch_… or doc_…), not '$id ${ARGUMENTS[*]}'"
  if [[ -n "$(option follow)" ]]; then
    in_form all_logs follow | in_form trace "$id" --follow
  else
    in_form all_logs | in_form trace "$id"
  fi
}

# Print the services that are not healthy, one per line. A one-shot service that ended with success is.
#   $@: how the form calls Compose
unhealthy_services() {
  local service state health code
  "$@" ps --all --format '{{.Service}},{{.State}},{{.Health}},{{.ExitCode}}' | while IFS=, read -r service state health code; do
    case "$service,$state,$health,$code" in
      *,running,healthy,* | *,running,,* | setup,exited,,0) ;;
      *) echo "$service" ;;
    esac
  done | sort -u
}

# Print the services of a form with their state; fail unless all are healthy.
report_services() {
  local unhealthy
  "$@" ps --all --format 'table {{.Name}}\t{{.Status}}'
  unhealthy="$(unhealthy_services "$@")"
  if [[ -z "$unhealthy" ]]; then
    say "Every service runs. ./appliance doctor checks more than that."
    return 0
  fi
  say "Not healthy: ${unhealthy//$'\n'/, }. ./appliance logs SERVICE prints the reason."
  return 1
}

backup_target() {
  [[ $# == 1 ]] || fail "backup takes one file"
  [[ ! -e "$1" ]] || fail "backup: $1 exists already"
}

restore_source() {
  [[ $# -ge 1 && -r "$1" ]] || fail "restore takes a file that backup wrote"
}
