# shellcheck shell=bash
# The virtual environment of the embedded form, the client and the tests. It is installed from the hashed lock files only.

readonly VENV="$ROOT/.venv"

# Install a lock file and the package into $VENV; do nothing while the lock and the sources of the build are unchanged.
#   $1: requirements.lock, or requirements-dev.lock, which includes it
ensure_venv() {
  local lock="$ROOT/app/$1" offline=()
  if venv_is_usable; then
    if venv_is_stamped "$1" || { [[ "$1" == requirements.lock ]] && venv_is_stamped requirements-dev.lock; }; then return 0; fi
  else
    make_venv
  fi
  step "Installing $1 into .venv (a minute or two the first time)"
  "$VENV/bin/python" -m pip --version >/dev/null 2>&1 || quietly "$VENV/bin/python" -m ensurepip
  # The packages of a bundle (./appliance bundle) need no network.
  if [[ "$1" == requirements.lock && -d "$BUNDLE_DIR/packages" ]]; then offline=(--no-index --find-links "$BUNDLE_DIR/packages"); fi
  quietly "$VENV/bin/python" -m pip install --disable-pip-version-check "${offline[@]}" --require-hashes -r "$lock"
  # Editable, so that an update of the checkout updates the program.
  quietly "$VENV/bin/python" -m pip install --disable-pip-version-check --no-index --no-deps --no-build-isolation -e "$ROOT/app"
  "$VENV/bin/python" -m decalogo.evaluation.pdf.build --if-possible >&2
  venv_stamp "$1" >"$VENV/stamp-$1"
}

# A virtual environment contains its own path and belongs to one version of Python, so a move of the checkout or an upgrade of the
# system breaks it. Python records both in pyvenv.cfg.
venv_is_usable() {
  local version
  [[ -r "$VENV/pyvenv.cfg" ]] || return 1
  version="$("$VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" || return 1
  [[ "$(venv_recorded version)" == "$version".* && "$(venv_recorded command)" == *" $(cd "$VENV" && pwd -P)" ]]
}

venv_recorded() { sed -n "s/^$1 = //p" "$VENV/pyvenv.cfg"; }

# Print a hash of everything the installation depends on: the lock, the entry points of the package, and the C sources.
venv_stamp() { cat "$ROOT/app/$1" "$ROOT/app/pyproject.toml" "$ROOT/app/src/decalogo/evaluation/pdf/"*.c | sha256sum; }

venv_is_stamped() {
  [[ -x "$VENV/bin/decalogo" && -r "$VENV/stamp-$1" && "$(cat "$VENV/stamp-$1")" == "$(venv_stamp "$1")" ]]
}

make_venv() {
  local python
  python="$(find_python)" || need_python
  python="$(find_python)" || fail "no usable Python 3.11 or later"
  step "Making .venv with $("$python" --version)"
  mkdir -p "$VENV"
  quietly "$python" -m venv --clear "$(cd "$VENV" && pwd -P)"
}

# Print the first Python of version 3.11 or later that can make virtual environments.
find_python() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if have "$candidate" && "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s' "$candidate"
      return 0
    fi
  done
  return 1
}

need_python() {
  if is_debian_like && is_root; then
    step "Python's venv module is missing: installing python3-venv"
    quietly apt-get update -qq
    apt_install python3 python3-venv
  elif is_debian_like; then
    fail "Python 3.11 with its venv module is needed: sudo apt-get install python3 python3-venv"
  else
    fail "Python 3.11 or later with its venv module is needed"
  fi
}

# Run a command of the package against an address. Options of the command override these values.
#   $1: base address  $2: file with the token  $3…: a decalogo command and its options
run_client() {
  local url="$1" token_file="$2"
  shift 2
  DECALOGO_URL="$url" DECALOGO_TOKEN_FILE="$token_file" DECALOGO_CA_FILE="" "$VENV/bin/decalogo" "$@"
}
