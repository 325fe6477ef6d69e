# shellcheck shell=bash
# The container engine and its two plugins on Debian and Ubuntu. Each function does nothing if its work is done already.

readonly DOCKERD_LOG="${DOCKERD_LOG:-/var/log/dockerd.log}"
readonly PLUGIN_DIR=/usr/local/lib/docker/cli-plugins

install_engine() {
  have dockerd && have docker && return 0
  step "Installing the container engine (docker.io)"
  apt_install docker.io iptables ca-certificates
  if ! have docker; then apt_install docker-cli; fi # its own package from Debian 13 on
}

# Install Compose v2 and buildx from the release of this host, or else the plugins of Debian 13, which also run on Debian 12.
install_plugins() {
  local missing=() name
  for name in compose buildx; do
    docker "$name" version >/dev/null 2>&1 || missing+=("$name")
  done
  [[ ${#missing[@]} == 0 ]] && return 0
  step "Installing the engine's plugins: ${missing[*]}"
  for name in "${missing[@]}"; do
    install_plugin "$name" || fail "no package has Docker's plugin $name; install it by hand and run this again"
  done
}

install_plugin() {
  local name="$1" package folder
  for package in "docker-$name-v2" "docker-$name-plugin" "docker-$name"; do
    if apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [^(]' && serves_plugin "$package"; then
      apt_install "$package"
      docker "$name" version >/dev/null 2>&1 && return 0
    fi
  done
  folder="$(mktemp -d)"
  say "    unpacking docker-$name of Debian 13 into $PLUGIN_DIR"
  download_from_release trixie "$folder" "docker-$name" || return 1
  dpkg-deb -x "$folder"/docker-"$name"_*.deb "$folder/root"
  install -D -m 0755 "$folder/root/usr/libexec/docker/cli-plugins/docker-$name" "$PLUGIN_DIR/docker-$name"
  rm -rf "$folder"
  docker "$name" version >/dev/null
}

# On Debian 12, the package `docker-compose` is the stand-alone Compose 1, which is not a plugin.
serves_plugin() {
  [[ "$1" != docker-compose ]] || ! apt-cache policy "$1" | grep -q 'Candidate: 1\.'
}

start_engine() {
  docker info >/dev/null 2>&1 && return 0
  if [[ -d /run/systemd/system ]]; then
    step "Starting the container engine (systemd unit docker)"
    systemctl enable --now docker
  else
    step "Starting the container engine (without a service manager: dockerd in the background, log in $DOCKERD_LOG)"
    setsid nohup dockerd >>"$DOCKERD_LOG" 2>&1 </dev/null &
    disown
  fi
  await_engine
}

await_engine() {
  local deadline=$((SECONDS + 60))
  until docker info >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "the engine did not respond within 60 s; see $DOCKERD_LOG or journalctl -u docker"
    sleep 0.5
  done
}
