# shellcheck shell=bash
# Workers of this host that joined an appliance on another (compose.worker.yaml): a third form, after `stack` and `embedded`.

joined_compose() {
  local override=()
  if [[ -e "$ROOT/compose.worker.override.yaml" ]]; then override=(--file "$ROOT/compose.worker.override.yaml"); fi
  docker compose --project-directory "$ROOT" --file "$ROOT/compose.worker.yaml" "${override[@]}" --progress quiet "$@"
}

# `join LINE`, or without it again what was joined before, for example with another number of workers.
join() {
  local line="" replicas="" profile="" larger=""
  while [[ $# -gt 0 ]]; do
    case "$1" in
      --scale) shift && replicas="$(worker_replicas "${1:-}")" ;;
      --scale=*) replicas="$(worker_replicas "${1#--scale=}")" ;;
      --profile) shift && profile="${1:?join: --profile takes a name: $(profile_names)}" ;;
      --profile=*) profile="${1#--profile=}" ;;
      --larger) larger=yes ;;
      dcj_*) line="$1" ;;
      *) fail "join takes the line that ./appliance join-token printed on the first host, not '$1'" ;;
    esac
    shift
  done
  compose_answers || fail "workers join as containers, and no engine with Compose v2 answers; without one: docs/scaling.md"
  [[ -n "$line" || "$(last_form)" == joined ]] || fail "join takes the line that ./appliance join-token printed on the first host"
  refuse_other_form joined
  mkdir -p "$STATE_DIR"
  apply_profile "$profile" "$larger"
  pass_on_pip_index
  make_base_image
  step "Building the image (quick when nothing changed)"
  quietly joined_compose build worker
  if [[ -n "$line" ]]; then joined_compose run --rm -T join <<<"$line"; fi
  remember_form joined
  step "Starting the workers"
  joined_compose up --detach --force-recreate ${replicas:+--scale "worker=$replicas"} worker >&2
  await_joined
}

await_joined() {
  local deadline=$((SECONDS + 60)) id
  for id in $(joined_compose ps --quiet worker); do
    until [[ "$(docker inspect --format '{{.State.Health.Status}}' "$id")" == healthy ]]; do
      if ((SECONDS >= deadline)); then
        joined_compose logs --no-log-prefix --tail 3 worker >&2
        say "Not joined yet, for the reason above; the workers go on trying. ./appliance logs worker shows more."
        return 0
      fi
      sleep 0.5
    done
  done
  say "Joined: the workers of this host take documents. ./appliance status, logs, down are theirs now."
}

joined_runs() { engine_answers && [[ -n "$(joined_compose ps --quiet --status running 2>/dev/null)" ]]; }
joined_status() { joined_compose ps --all; }
joined_logs() { joined_compose logs --tail 200 "$@" | sed --unbuffered 's/\x1b\[2K//'; }

joined_down() {
  local options=()
  [[ "${1:-}" != --volumes ]] || options=(--volumes)
  persistently joined_compose --profile join down --remove-orphans "${options[@]}" >&2
  say "Stopped; documents in work went back.${1:+ This host has forgotten what it joined.}"
  if [[ ${#options[@]} -gt 0 ]]; then rm -f "$FORM_FILE"; fi
}
