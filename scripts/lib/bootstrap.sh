# shellcheck shell=bash
# Install what a bare Debian or Ubuntu needs to run the containers. Safe to repeat.

bootstrap() {
  is_debian_like || fail "bootstrap supports Debian and Ubuntu. On other systems, install a container engine with Compose v2, then run ./appliance up"
  if bootstrap_done; then
    say "Nothing to do: the engine, Compose v2 and $BASE_IMAGE are present. Next: $(up_for_caller)"
    return 0
  fi
  is_root || fail "bootstrap installs packages and starts the engine, so it needs root: sudo ./appliance bootstrap"
  say "This installs the container engine, Compose v2 and buildx if they are missing, starts the engine and makes $BASE_IMAGE."
  step "Refreshing apt's package lists"
  quietly apt-get update -qq
  install_engine
  install_plugins
  start_engine
  make_base_image
  say "Done. Next: $(up_for_caller)"
}

# After sudo, the caller is an ordinary user again, who may lack permission to use the engine.
up_for_caller() {
  local user="${SUDO_USER:-root}"
  if [[ "$user" == root ]] || id -nG "$user" | grep -qw docker; then
    echo "./appliance up"
  else
    echo "sudo ./appliance up (without sudo once $user is in the group docker, which is equal to root: usermod -aG docker $user)"
  fi
}

bootstrap_done() {
  engine_answers && compose_answers && docker buildx version >/dev/null 2>&1 &&
    docker image inspect "$BASE_IMAGE" >/dev/null 2>&1
}
