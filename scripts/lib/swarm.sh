# shellcheck shell=bash
# The appliance as a stack of Docker Swarm, from the same compose files (decalogo/swarm.py says what Swarm has no word for).

swarm() {
  local action="${1:-}"
  [[ $# == 0 ]] || shift
  case "$action" in
    up) swarm_up ;;
    down) swarm_down ;;
    status) docker stack services "$(swarm_name)" ;;
    exec) swarm_exec "$@" ;;
    *) fail "swarm takes up, down, status or exec" ;;
  esac
}

swarm_name() { compose config --format json | sed -n 's/^  "name": "\(.*\)",$/\1/p'; }
swarm_info() { docker info --format "{{.Swarm.$1}}"; }

swarm_up() {
  compose_answers || fail "this needs a container engine with Compose v2: sudo ./appliance bootstrap"
  [[ "$(swarm_info ControlAvailable)" == true ]] || fail "this engine is no manager of a swarm; docker swarm init makes it one"
  if stack_runs; then fail "the appliance runs by Compose; stop that first: ./appliance down"; fi
  [[ ! -r "$AUTOSCALE_FILE" ]] || fail "the autoscaler works with Compose only: ./appliance up --autoscale off"
  apply_profile "" ""
  pass_on_pip_index
  make_base_image
  step "Building images (quick when nothing changed)"
  quietly compose build
  step "Deploying the stack $(swarm_name)"
  mkdir -p "$STATE_DIR"
  swarm_model >"$STATE_DIR/model.json"
  swarm_stack_file <"$STATE_DIR/model.json" >"$STATE_DIR/stack.json" || fail "the compose files could not be turned into a stack"
  quietly docker stack deploy --resolve-image never --prune --compose-file "$STATE_DIR/stack.json" "$(swarm_name)"
  await_swarm
  say "Ready. ./appliance swarm status, ./appliance swarm exec SERVICE COMMAND; more workers: docker service scale $(swarm_name)_worker=4"
}

# What Compose makes of its files, with the id of each image that is here: a tag that stands still says nothing of what was built.
swarm_model() {
  local model image id ids=""
  model="$(compose config --format json)"
  while read -r image; do
    if id="$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null)"; then ids+="${ids:+, }\"$image\": \"$id\""; fi
  done < <(sed -n 's/.*"image": "\([^"]*\)".*/\1/p' <<<"$model" | sort -u)
  printf '{"x-image-ids": {%s},%s\n' "$ids" "${model#\{}"
}

# Done by the image that was just built, so that the host needs no Python.
swarm_stack_file() {
  local image
  image="$(sed -n 's/.*"image": "\(decalogo\/app:[^"]*\)".*/\1/p' "$STATE_DIR/model.json" | head -n 1)"
  docker run --rm --interactive --network none --read-only --cap-drop ALL --security-opt no-new-privileges:true "$image" \
    stack-file --node "$(swarm_info NodeID)"
}

# Services that came before what they need end and are started again, so this takes some seconds longer than with Compose.
await_swarm() {
  local deadline=$((SECONDS + STACK_WAIT_SECONDS)) id
  until id="$(swarm_container nginx)" && [[ -n "$id" ]] && docker exec "$id" curl -4fsk -o /dev/null https://localhost:8443/api/v1/ready 2>/dev/null; do
    if ((SECONDS >= deadline)); then
      docker stack ps --no-trunc "$(swarm_name)" >&2
      fail "the stack did not become ready within $STACK_WAIT_SECONDS s"
    fi
    sleep 1
  done
}

swarm_container() { docker ps --quiet --filter "label=com.docker.swarm.service.name=$(swarm_name)_$1" | head -n 1; }

swarm_exec() {
  [[ $# -ge 2 ]] || fail "swarm exec takes a service and a command"
  local id
  id="$(swarm_container "$1")"
  [[ -n "$id" ]] || fail "no container of $1 runs in the stack: ./appliance swarm status"
  docker exec "$id" "${@:2}"
}

# Those who give documents back go while Redis is still there to take them. `stack rm` returns before all is gone.
swarm_down() {
  local deadline=$((SECONDS + 120)) name service
  name="$(swarm_name)"
  for service in worker suspect scheduler; do
    if docker service inspect "${name}_$service" >/dev/null 2>&1; then quietly docker service rm "${name}_$service"; fi
  done
  until [[ -z "$(swarm_container worker)$(swarm_container suspect)$(swarm_container scheduler)" ]]; do
    ((SECONDS < deadline)) || fail "the stack's workers did not end within 120 s"
    sleep 0.5
  done
  quietly docker stack rm "$name"
  while [[ -n "$(docker ps --all --quiet --filter "label=com.docker.stack.namespace=$name")$(docker network ls --quiet --filter "label=com.docker.stack.namespace=$name")" ]]; do
    ((SECONDS < deadline)) || fail "the stack's containers did not end within 120 s"
    sleep 0.5
  done
  say "Stopped; its volumes stay (docker volume ls)."
}
