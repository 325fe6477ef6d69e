# shellcheck shell=bash
# Messages, checks and small tools that every step uses. Sourced by ./appliance; defines functions and one path only.

# shellcheck disable=SC2034 # for the other files
readonly STATE_DIR="$ROOT/var"

# Messages go to standard error. Standard output carries answers only: a token, an address.
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

# True if the engine is installed and this user lacks permission to use it.
engine_refuses_user() {
  local socket="${DOCKER_HOST:-unix:///var/run/docker.sock}"
  socket="${socket#unix://}"
  have docker && [[ -S "$socket" && ! -w "$socket" ]] && ! engine_answers
}

# True if the engine is Podman behind the API of Docker.
engine_is_podman() { [[ "$(docker version --format '{{range .Server.Components}}{{.Name}} {{end}}' 2>/dev/null)" == *Podman* ]]; }

engine_is_rootless() { [[ "$(docker info --format '{{.SecurityOptions}}' 2>/dev/null)" == *name=rootless* ]]; }

compose_answers() { have docker && docker compose version >/dev/null 2>&1; }

# Install the packages that are missing with apt-get, and print their names.
apt_install() {
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
  done
  [[ ${#missing[@]} == 0 ]] && return 0
  say "    apt-get install ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Run a command that removes containers and networks, up to three times. For a moment after a container has ended, the engine may
# still count its network as in use.
persistently() {
  local attempts=3
  until "$@"; do
    ((--attempts > 0)) || fail "the engine did not remove everything; run ./appliance down again"
    sleep 2
  done
}

# Run a command; print its output only if it fails.
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

# Ask for a yes at the terminal; fail without one.
#   $1: question
confirm() {
  local answer=""
  [[ -t 0 ]] || fail "$1 Add --yes to confirm."
  printf '%s [y/N] ' "$1" >&2
  read -r answer || true
  [[ "$answer" == [yY]* ]] || fail "nothing was changed"
}
