# shellcheck shell=bash
# Words and questions that every step shares. Sourced by ./appliance; sets nothing but functions and a path.

# shellcheck disable=SC2034 # for the other files
readonly STATE_DIR="$ROOT/var"

# Print a value where Compose would find it: in the environment, else in .env; else the default.
#   $1: name  $2: default
configured() {
  local value="${!1:-}"
  if [[ -z "${!1+set}" && -r "$ROOT/.env" ]]; then
    value="$(sed -nE "s/^[[:space:]]*(export[[:space:]]+)?$1=//p" "$ROOT/.env" | tail -n 1)"
    value="$(sed -E -e "s/^(['\"])(.*)\1[[:space:]]*(#.*)?\$/\2/;t" -e 's/[[:space:]]+#.*//; s/[[:space:]]+$//' <<<"$value")"
  fi
  printf '%s' "${value:-${2:-}}"
}

BASE_IMAGE="$(configured BASE_IMAGE debian:trixie-slim)"
readonly BASE_IMAGE

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

# True where the engine is installed, and answers others than this user.
engine_refuses_user() {
  local socket="${DOCKER_HOST:-unix:///var/run/docker.sock}"
  socket="${socket#unix://}"
  have docker && [[ -S "$socket" && ! -w "$socket" ]] && ! engine_answers
}

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
