# shellcheck shell=bash
# The appliance as containers (compose.yaml).

readonly STACK_WAIT_SECONDS="${STACK_WAIT_SECONDS:-300}"

readonly AUTOSCALE_FILE="$STATE_DIR/autoscale"
readonly HOSTS_FILE="$STATE_DIR/hosts"

# `docker compose` with the optional files that are enabled: the autoscaler, the remote-worker gateway, the watched folder, no Grafana. COMPOSE_FILE overrides them.
compose() { (
  local bounds files="$ROOT/compose.yaml"
  if [[ -r "$AUTOSCALE_FILE" ]]; then
    bounds="$(cat "$AUTOSCALE_FILE")" files+=":$ROOT/compose.scale.yaml"
    export AUTOSCALE_MIN_WORKERS="${bounds%-*}" AUTOSCALE_MAX_WORKERS="${bounds#*-}"
  fi
  if [[ -e "$HOSTS_FILE" ]]; then files+=":$ROOT/compose.hosts.yaml"; fi
  if [[ -n "$(configured WATCH_DIR)" ]]; then files+=":$ROOT/compose.watch.yaml"; fi
  if [[ -e "$NO_GRAFANA_FILE" ]]; then files+=":$ROOT/compose.no-grafana.yaml"; fi
  if [[ "$files" == *:* && -e "$ROOT/compose.override.yaml" ]]; then files+=":$ROOT/compose.override.yaml"; fi
  if [[ "$files" == *:* ]]; then export COMPOSE_FILE="${COMPOSE_FILE:-$files}"; fi
  recall_network
  recall_ports
  docker compose --project-directory "$ROOT" --progress quiet "$@"
); }

stack_up() {
  local scale=()
  if [[ -n "$1" ]]; then
    scale=(--scale "worker=$1")
  elif [[ -r "$AUTOSCALE_FILE" ]]; then
    scale=(--scale "worker=$(cut -d- -f1 "$AUTOSCALE_FILE")")
  fi
  if engine_is_podman; then
    fail "the container engine is Podman, on which the appliance does not run (docs/how-to/use-rootless-docker.md): use Docker, or ./appliance up --embedded"
  fi
  refuse_other_checkout "$(project_name)"
  if bundle_is_current; then
    load_bundle
  elif [[ -n "$(configured IMAGE_REGISTRY)" ]]; then
    pull_images
  else
    pass_on_pip_index
    make_base_image
  fi
  select_network "$(project_name)"
  select_ports
  choose_grafana
  if ! bundle_is_current && [[ -z "$(configured IMAGE_REGISTRY)" ]]; then
    step "Building images (fast if nothing changed)"
    quietly compose build
  fi
  remember_form stack
  renew_networks
  step "Starting the services"
  if ! compose up --detach --remove-orphans --wait --wait-timeout "$STACK_WAIT_SECONDS" "${scale[@]}" >&2; then
    explain_failed_start
    fail "the stack did not become healthy; ./appliance logs prints more"
  fi
  await_ready
}

# Each service is healthy by itself; the API is ready once it reaches Redis, the artifact store and a worker.
await_ready() {
  local deadline=$((SECONDS + 180))
  until request_api --fail --output /dev/null https://localhost:8443/api/v1/ready 2>/dev/null; do
    if ((SECONDS >= deadline)); then
      explain_failed_start
      fail "the services are healthy but the appliance is not ready: $(request_api https://localhost:8443/api/v1/ready)"
    fi
    sleep 0.5
  done
}

# Run curl inside the container of nginx, because the host need not have it.
request_api() { compose exec -T nginx curl --noproxy '*' --ipv4 --silent --show-error --insecure "$@"; }

# Pull the images that scripts/push-images put into a registry. The engine selects those for its architecture.
pull_images() {
  local image
  step "Pulling the images of $(image_registry)"
  while read -r image; do
    quietly docker pull --quiet "$image"
  done < <(compose config --images | grep "^$(image_registry)/" | sort -u)
}

# Pass the package index of this host's pip on to the builds.
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

# Fail with the reason unless the stack runs and belongs to this checkout.
need_running_stack() {
  if engine_refuses_user; then fail "$(id -un) lacks permission to use the container engine: sudo ./appliance …, or membership of the group docker"; fi
  stack_runs || fail "the stack does not run: ./appliance up"
}

stack_runs() { engine_answers && [[ -n "$(compose ps --quiet --status running 2>/dev/null)" ]]; }

stack_invite() {
  local url
  url="$(stack_url)"
  say ""
  say "Ready: $url  (self-signed certificate unless TLS_DIR in .env names your own)"
  say "Console: $url/  Sign in with the token that ./appliance token admin prints."
  say "Pages for operators ($url/prometheus/ and others): ./appliance operator"
  if serves_ipv6; then say "IPv6: all clients that connect over IPv6 share one address, and its limits (docs/how-to/configure-tls.md)."; fi
  say "Next: ./appliance decalogo submit app/tests/data/florencia-2020-2023.pdf --wait"
}

stack_attach() {
  trap 'trap - INT; say ""; stack_down' INT
  compose logs --follow --tail 20
}

stack_down() {
  local project
  project="$(project_name)"
  parse_options down "v|volumes yes" "$@"
  expect_arguments "down takes --volumes and --yes only" 0 0
  refuse_other_checkout "$project"
  if [[ -z "$(option volumes)" ]]; then
    remove_containers
    say "Stopped. Documents, results and tokens stay; ./appliance up continues."
    return 0
  fi
  [[ -n "$(option yes)" ]] || confirm_loss "appliance '$project' of $ROOT" "$(stack_holdings)"
  remove_containers --volumes
  rm -f "$HOSTS_FILE" "$NETWORK_FILE" "$PUBLISHED_PORTS" # with the secrets, the join tokens are gone too
  say "Stopped. Documents, results, tokens and secrets are deleted."
}

# Print what the appliance stores, or nothing if that cannot be determined.
stack_holdings() {
  if [[ -z "$(docker volume ls --quiet --filter "label=com.docker.compose.project=$(project_name)")" ]]; then
    echo nothing
  else
    compose exec -T api decalogo holdings 2>/dev/null || true
  fi
}

# Ask before data is deleted, unless nothing would be lost.
#   $1: whose data  $2: output of `decalogo holdings`, or nothing
confirm_loss() {
  local stored="${2:-an unknown number of batches, documents and tokens (it does not run)}"
  [[ "$stored" != nothing ]] || return 0
  confirm "This deletes all data of the $1: $stored, results and secrets."
}

# Remove containers and networks, and with --volumes the data.
remove_containers() {
  persistently compose --profile operator --profile grafana down --remove-orphans "$@" >&2
  remove_leftover_networks
}

stack_status() {
  local url
  need_running_stack
  if url="$(stack_url 2>/dev/null)"; then say "Address: $url"; fi # without nginx there is none
  report_services compose
}

stack_logs() {
  local follow=()
  if [[ -t 1 ]]; then follow=(--follow); fi
  # Compose clears a line for its progress bar before each line of a log, even in a pipe.
  compose logs --tail 200 "${follow[@]}" "$@" | sed --unbuffered 's/\x1b\[2K//'
}

# Print every line there is, unsorted; with an argument, follow.
stack_all_logs() { compose logs --no-color ${1:+--follow} | sed --unbuffered 's/\x1b\[2K//'; }
stack_trace() { compose exec -T api decalogo trace "$@"; }

# Print the base address. Ports that are published on one interface answer at its address only.
stack_url() {
  local published host port
  published="$(compose port nginx 8443 2>/dev/null)" || fail "the stack does not run: ./appliance up"
  host="${published%:*}" port="${published##*:}"
  case "$host" in
    0.0.0.0 | 127.0.0.1 | '[::]' | '[::1]' | '::') host=localhost ;;
  esac
  if [[ "$port" == 443 ]]; then echo "https://$host"; else echo "https://$host:$port"; fi
}

stack_token() {
  if [[ "$*" == "admin --new" ]]; then
    compose run --rm --no-deps -T setup token renew-admin
    compose exec -T api decalogo token adopt-admin
    stack_token admin
  elif [[ "${1:-}" == admin ]]; then
    [[ $# == 1 ]] || fail "token admin takes --new only"
    compose --profile operator run --rm --no-deps -T operator 2>/dev/null ||
      fail "the plain text of the admin token is lost: ./appliance token admin --new makes another one and revokes the old one"
  else
    compose exec -T api decalogo token "$@"
  fi
}

# Print the certificate that nginx uses, which a client must trust.
stack_certificate() { compose exec -T nginx cat /run/secrets/decalogo/tls.crt; }

# The client runs on this host, in a virtual environment, because the files to submit are here.
stack_decalogo() {
  ensure_venv requirements.lock
  local folder url address
  folder="$(mktemp -d)"
  # shellcheck disable=SC2064 # the value of now
  trap "rm -rf '$folder'" EXIT
  stack_certificate >"$folder/tls.crt"
  (umask 077 && stack_token admin >"$folder/token")
  url="$(stack_url)"
  address="${url#https://}"
  _DECALOGO_LOCAL_CERTIFICATE="$folder/tls.crt" _DECALOGO_LOCAL_ADDRESS="${address%:*}" run_client "$url" "$folder/token" "$@"
}

stack_dead() { compose exec -T api decalogo dead "$@"; }
stack_audit() { compose exec -T api decalogo audit "$@"; }

# Write the file under another name first, so that it appears complete or not at all.
stack_backup() {
  backup_target "$@"
  (umask 077 && compose exec -T api decalogo backup - >"$1.unfinished")
  mv "$1.unfinished" "$1"
}

stack_restore() {
  restore_source "$@"
  compose exec -T api decalogo restore - "${@:2}" <"$1"
}
