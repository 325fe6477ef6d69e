# shellcheck shell=bash
# Workers on this host that joined an appliance on another host (compose.worker.yaml): the third form, "joined".

joined_compose() { (
  local override=()
  if [[ -e "$ROOT/compose.worker.override.yaml" ]]; then override=(--file "$ROOT/compose.worker.override.yaml"); fi
  recall_network
  docker compose --project-directory "$ROOT" --file "$ROOT/compose.worker.yaml" "${override[@]}" --progress quiet "$@"
); }

joined_project() { configured COMPOSE_PROJECT_NAME decalogo-worker; }

# `join -` reads the join line from standard input. `join LINE` exposes it to everybody who may list the processes of this host. Without
# either, start the workers with the line of the last time, for example to change their number.
join() {
  local line="" replicas profile larger
  parse_options join "scale= profile= larger" "$@"
  expect_arguments "join takes one join line, or - to read it from standard input" 0 1
  profile="$(option profile)" larger="$(option larger)"
  replicas="$(worker_replicas join "$(option scale)")"
  case "${ARGUMENTS[0]:-}" in
    "") ;;
    -) line="$(read_join_line)" ;;
    dcj_*) line="${ARGUMENTS[0]}" ;;
    *) fail "join takes the line that ./appliance join-token printed on the first host, not '${ARGUMENTS[0]}'" ;;
  esac
  compose_answers || fail "workers join as containers, and no engine with Compose v2 responds. Without one: docs/how-to/join-hosts.md"
  [[ -n "$line" || "$(last_form)" == joined ]] || fail "join takes the line that ./appliance join-token printed on the first host"
  refuse_other_form joined
  refuse_other_checkout "$(joined_project)"
  mkdir -p "$STATE_DIR"
  apply_profile "$profile" "$larger"
  pass_on_pip_index
  make_base_image
  select_network "$(joined_project)"
  step "Building the image (fast if nothing changed)"
  quietly joined_compose build worker
  if [[ -n "$line" ]]; then joined_compose run --rm -T join <<<"$line"; fi
  remember_form joined
  step "Starting the workers"
  joined_compose up --detach --force-recreate ${replicas:+--scale "worker=$replicas"} worker >&2
  await_joined
}

# Print the join line in standard input, which may follow a command. At a terminal, ask for it without echo.
read_join_line() {
  local line="" silent=()
  if [[ -t 0 ]]; then
    printf 'Join line (it is not displayed): ' >&2
    silent=(-s)
  fi
  read -r "${silent[@]}" line || [[ -n "$line" ]] || fail "join -: standard input is empty"
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
        say "Not joined yet, for the reason above. The workers keep trying; ./appliance logs worker prints more."
        return 0
      fi
      sleep 0.5
    done
  done
  say "Joined: the workers of this host take documents. ./appliance status, logs and down apply to them now."
}

joined_runs() { engine_answers && [[ -n "$(joined_compose ps --quiet --status running 2>/dev/null)" ]]; }

joined_status() {
  joined_runs || fail "no worker of this host runs: ./appliance join"
  report_services joined_compose
}

joined_logs() { joined_compose logs --tail 200 "$@" | sed --unbuffered 's/\x1b\[2K//'; }

joined_down() {
  local volumes
  parse_options down "v|volumes yes" "$@"
  expect_arguments "down takes --volumes and --yes only" 0 0
  volumes="$(option volumes)"
  refuse_other_checkout "$(joined_project)"
  if [[ -n "$volumes" && -z "$(option yes)" ]]; then
    confirm "This deletes the join line of this host; to join again, it needs a new one."
  fi
  persistently joined_compose --profile join down --remove-orphans ${volumes:+--volumes} >&2
  say "Stopped; running documents are requeued.${volumes:+ The join line is deleted.}"
  if [[ -n "$volumes" ]]; then rm -f "$FORM_FILE" "$NETWORK_FILE"; fi
}
