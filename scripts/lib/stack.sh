# shellcheck shell=bash
# The appliance as containers (compose.yaml). COMPOSE_PROJECT_NAME, HTTP_PORT, HTTPS_PORT and the rest of .env apply.

readonly STACK_WAIT_SECONDS=180

readonly AUTOSCALE_FILE="$STATE_DIR/autoscale"
readonly HOSTS_FILE="$STATE_DIR/hosts"

# `docker compose` with what was switched on: the autoscaler, the door for other hosts. A COMPOSE_FILE of the user's wins.
compose() { (
  local bounds files="$ROOT/compose.yaml"
  if [[ -r "$AUTOSCALE_FILE" ]]; then
    bounds="$(cat "$AUTOSCALE_FILE")" files+=":$ROOT/compose.scale.yaml"
    export AUTOSCALE_MIN_WORKERS="${bounds%-*}" AUTOSCALE_MAX_WORKERS="${bounds#*-}"
  fi
  if [[ -e "$HOSTS_FILE" ]]; then files+=":$ROOT/compose.hosts.yaml"; fi
  if [[ "$files" == *:* && -e "$ROOT/compose.override.yaml" ]]; then files+=":$ROOT/compose.override.yaml"; fi
  if [[ "$files" == *:* ]]; then export COMPOSE_FILE="${COMPOSE_FILE:-$files}"; fi
  docker compose --project-directory "$ROOT" --progress quiet "$@"
); }

stack_up() {
  local scale=()
  if [[ -n "$1" ]]; then
    scale=(--scale "worker=$1")
  elif [[ -r "$AUTOSCALE_FILE" ]]; then
    scale=(--scale "worker=$(cut -d- -f1 "$AUTOSCALE_FILE")")
  fi
  pass_on_pip_index
  make_base_image
  choose_grafana
  step "Building images (quick when nothing changed)"
  quietly compose build
  remember_form stack
  renew_networks
  step "Starting the services"
  if ! compose up --detach --remove-orphans --wait --wait-timeout "$STACK_WAIT_SECONDS" "${scale[@]}" >&2; then
    explain_failed_start
    fail "the stack did not become healthy; ./appliance logs shows more"
  fi
  await_ready
}

# Compose makes a network once and never again: one that is now to reach outside, or no longer, has to go first, and with it
# what is in it (WEBHOOKS_INTERNAL, ALERTS_INTERNAL).
renew_networks() {
  local name asked other=()
  while read -r name asked; do
    [[ "$(docker network inspect --format '{{.Internal}}' "$name" 2>/dev/null)" == @("$asked"|"") ]] || other+=("$name")
  done < <(asked_networks)
  [[ ${#other[@]} -gt 0 ]] || return 0
  step "Stopping the services: ${other[*]} changes between internal and open, and must be made anew (data stays)"
  remove_containers
}

# Print the name of each network of this project's own, and whether it is to be internal.
asked_networks() {
  compose config | awk '
    function tell() { if (name && !external) print name, internal }
    /^[^ ]/ { inside = $1 == "networks:" }
    !inside { next }
    /^  [^ ]/ { tell(); name = external = ""; internal = "false" }
    /^    name: / { name = $2 }
    /^    internal: / { internal = $2 }
    /^    external: true/ { external = 1 }
    END { tell() }'
}

# Healthy is each service by itself; ready is the API having heard of Redis, the artifact store and a worker.
await_ready() {
  local deadline=$((SECONDS + 60))
  until compose exec -T nginx curl -4fsk -o /dev/null https://localhost:8443/api/v1/ready 2>/dev/null; do
    if ((SECONDS >= deadline)); then
      explain_failed_start
      fail "the services are healthy but the appliance is not ready: $(compose exec -T nginx curl -4sk https://localhost:8443/api/v1/ready)"
    fi
    sleep 0.5
  done
}

# A package index that this host's pip is set to use serves the builds too.
pass_on_pip_index() {
  local index
  [[ -z "$(configured PIP_INDEX_URL)" ]] && have pip || return 0
  index="$(pip config get global.index-url 2>/dev/null)" || return 0
  export PIP_INDEX_URL="$index"
}

explain_failed_start() {
  compose ps --all >&2
  local id
  for id in $(compose ps --all --quiet); do
    if [[ "$(docker inspect --format '{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.ExitCode}}{{end}}' "$id")" != @(healthy|0) ]]; then
      say "--- last lines of $(docker inspect --format '{{.Name}}' "$id")"
      docker logs --tail 20 "$id" >&2
    fi
  done
}

# Fail, with the reason, unless this user finds it running.
need_running_stack() {
  if engine_refuses_user; then fail "the engine does not let $(id -un) use it: sudo ./appliance …, or membership of the group docker"; fi
  stack_runs || fail "the stack does not run: ./appliance up"
}

stack_runs() { engine_answers && [[ -n "$(compose ps --quiet --status running 2>/dev/null)" ]]; }

stack_invite() {
  local url
  url="$(stack_url)"
  say ""
  say "Ready: $url  (self-signed certificate unless you mounted your own: TLS_DIR in docs/how-to/configure-tls.md)"
  say "Admin token: ./appliance token admin    Operators' pages ($url/prometheus/ and others): ./appliance operator"
  say "Next: ./appliance decalogo submit app/tests/data/florencia-2020-2023.pdf --wait"
}

stack_attach() {
  trap 'trap - INT; say ""; stack_down' INT
  compose logs --follow --tail 20
}

stack_down() {
  local volumes
  volumes="$(down_options "$@")"
  remove_containers ${volumes:+"$volumes"}
  if [[ -n "$volumes" ]]; then rm -f "$HOSTS_FILE"; fi # no host is known any more
  say "Stopped.${volumes:+ Documents, results, tokens and secrets are deleted.}"
}

# Containers and networks, and with --volumes the data.
remove_containers() { persistently compose --profile operator --profile grafana down --remove-orphans "$@" >&2; }

stack_status() {
  local url
  need_running_stack
  if url="$(stack_url 2>/dev/null)"; then say "Address: $url"; fi # without the edge there is none
  report_services compose
}

stack_logs() {
  local follow=()
  if [[ -t 1 ]]; then follow=(--follow); fi
  # Compose clears a line that it thinks it shares with a progress bar, even in a pipe.
  compose logs --tail 200 "${follow[@]}" "$@" | sed --unbuffered 's/\x1b\[2K//'
}

# Every line there is, unsorted; what follows, too, when "follow" is given.
stack_all_logs() { compose logs --no-color ${1:+--follow} | sed --unbuffered 's/\x1b\[2K//'; }
stack_trace() { compose exec -T api decalogo trace "$@"; }

stack_url() {
  local published
  published="$(compose port nginx 8443 2>/dev/null)" || fail "the stack does not run: ./appliance up"
  local port="${published##*:}"
  if [[ "$port" == 443 ]]; then echo "https://localhost"; else echo "https://localhost:$port"; fi
}

stack_token() {
  if [[ "${1:-}" == admin ]]; then
    compose --profile operator run --rm --no-deps -T operator
  else
    compose exec -T api decalogo token "$@"
  fi
}

# What a client must trust to know that it talks to this appliance.
stack_certificate() { compose exec -T nginx cat /run/secrets/decalogo/tls.crt; }

# The client runs here, in a virtual environment, because the files to hand in are here.
stack_decalogo() {
  ensure_venv requirements.lock
  local folder
  folder="$(mktemp -d)"
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$folder'" EXIT
  stack_certificate >"$folder/tls.crt"
  (umask 077 && stack_token admin >"$folder/token")
  _DECALOGO_LOCAL_CERTIFICATE="$folder/tls.crt" run_client "$(stack_url)" "$folder/token" "$@"
}

stack_dead() { compose exec -T api decalogo dead "$@"; }

# A file appears whole or not at all.
stack_backup() {
  backup_target "$@"
  (umask 077 && compose exec -T api decalogo backup - >"$1.unfinished")
  mv "$1.unfinished" "$1"
}

stack_restore() {
  restore_source "$@"
  compose exec -T api decalogo restore - "${@:2}" <"$1"
}
