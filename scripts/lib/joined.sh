# shellcheck shell=bash
# Workers of this host that joined an appliance on another (compose.worker.yaml): a third form, after `stack` and `embedded`.

joined_compose() {
  local override=()
  if [[ -e "$ROOT/compose.worker.override.yaml" ]]; then override=(--file "$ROOT/compose.worker.override.yaml"); fi
  docker compose --project-directory "$ROOT" --file "$ROOT/compose.worker.yaml" "${override[@]}" --progress quiet "$@"
}

# `join -` reads the line from standard input; `join LINE` shows it to whoever may list this host's processes. Without either: again
# what was joined before, for example with another number of workers.
join() {
  local line="" replicas="" profile="" larger=""
  while [[ $# -gt 0 ]]; do
    case "$1" in
      --scale) shift && replicas="$(worker_replicas "${1:-}")" ;;
      --scale=*) replicas="$(worker_replicas "${1#--scale=}")" ;;
      --profile) shift && profile="${1:?join: --profile takes a name: $(profile_names)}" ;;
      --profile=*) profile="${1#--profile=}" ;;
      --larger) larger=yes ;;
      -) line="$(read_join_line)" ;;
      dcj_*) line="$1" ;;
      *) fail "join takes the line that ./appliance join-token printed on the first host, not '$1'" ;;
    esac
    shift
  done
  compose_answers || fail "workers join as containers, and no engine with Compose v2 answers; without one: docs/how-to/join-hosts.md"
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

# Print the line that standard input holds, perhaps with a command before it. At a terminal it is asked for and not shown.
read_join_line() {
  local line="" silent=()
  if [[ -t 0 ]]; then
    printf 'The line of ./appliance join-token (it is not shown): ' >&2
    silent=(-s)
  fi
  read -r "${silent[@]}" line || [[ -n "$line" ]] || fail "join -: standard input held no line"
  [[ ${#silent[@]} == 0 ]] || say ""
  line="${line%"${line##*[![:space:]]}"}"
  line="${line##*[[:space:]]}"
  [[ "$line" == dcj_* ]] || fail "join -: this is not the line that ./appliance join-token printed on the first host"
  printf '%s' "$line"
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

joined_status() {
  joined_runs || fail "no worker of this host runs: ./appliance join"
  report_services joined_compose
}

joined_logs() { joined_compose logs --tail 200 "$@" | sed --unbuffered 's/\x1b\[2K//'; }

joined_down() {
  local volumes
  volumes="$(down_options "$@")"
  persistently joined_compose --profile join down --remove-orphans ${volumes:+"$volumes"} >&2
  say "Stopped; documents in work went back.${volumes:+ This host has forgotten what it joined.}"
  if [[ -n "$volumes" ]]; then rm -f "$FORM_FILE"; fi
}
