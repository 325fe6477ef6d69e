# shellcheck shell=bash
# From a bare Debian or Ubuntu to a machine that can run the full stack. Safe to run again.

bootstrap() {
  is_debian_like || fail "bootstrap knows Debian and Ubuntu; elsewhere install a container engine with Compose v2, then run ./appliance up"
  if bootstrap_done; then
    say "Nothing to do: the engine, Compose v2 and $BASE_IMAGE are here. Next: $(up_for_caller)"
    return 0
  fi
  is_root || fail "bootstrap installs packages and starts the engine: run it as root (sudo ./appliance bootstrap)"
  say "This installs, where missing: the container engine, Compose v2 and buildx; it starts the engine and makes $BASE_IMAGE."
  step "Refreshing apt's package lists"
  quietly apt-get update -qq
  install_engine
  install_plugins
  start_engine
  make_base_image
  say "Done. Next: $(up_for_caller)"
}

# Who came by sudo is back to an ordinary user afterwards, whom the engine may refuse.
up_for_caller() {
  local user="${SUDO_USER:-root}"
  if [[ "$user" == root ]] || id -nG "$user" | grep -qw docker; then
    echo "./appliance up"
  else
    echo "sudo ./appliance up (or without sudo once $user is in the group docker, which is as good as root: usermod -aG docker $user)"
  fi
}

bootstrap_done() {
  engine_answers && compose_answers && docker buildx version >/dev/null 2>&1 &&
    docker image inspect "$BASE_IMAGE" >/dev/null 2>&1
}
