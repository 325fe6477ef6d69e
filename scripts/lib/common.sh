# shellcheck shell=bash
# Words and questions that every step shares. Sourced by ./appliance; sets nothing but functions and a path.

readonly BASE_IMAGE="${BASE_IMAGE:-debian:trixie-slim}"
# shellcheck disable=SC2034 # for the other files
readonly STATE_DIR="$ROOT/var"

# Everything meant for people goes to standard error: standard output carries answers (a token, an address) alone.
say() { printf '%s\n' "$*" >&2; }
step() { printf '==> %s\n' "$*" >&2; }
fail() {
  printf 'appliance: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [[ "$(id -u)" == 0 ]]; }

# True on a machine whose packages come from Debian or a descendant of it.
is_debian_like() { have apt-get && have dpkg; }

os_release() { (
  # shellcheck source=/dev/null
  source /etc/os-release
  printf '%s' "${!1:-}"
); }

engine_answers() { have docker && docker info >/dev/null 2>&1; }

compose_answers() { have docker && docker compose version >/dev/null 2>&1; }

# Install packages with apt-get, saying which; a no-op for those that are there.
apt_install() {
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
  done
  [[ ${#missing[@]} == 0 ]] && return 0
  say "    apt-get install ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Run a command that removes containers and networks, again if it fails: an engine may hold on for a moment to the network of
# a container that has just ended.
persistently() {
  local attempts=3
  until "$@"; do
    ((--attempts > 0)) || fail "the engine did not remove everything; ./appliance down again goes on from there"
    sleep 2
  done
}

# Run a command, showing what it printed only if it fails.
quietly() {
  local log
  log="$(mktemp)"
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    rm -f "$log"
    fail "failed: $*"
  fi
  rm -f "$log"
}
