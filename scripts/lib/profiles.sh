# shellcheck shell=bash
# Sizing profiles: number and size of workers for a machine or a purpose. Each file of config/profiles is a row of the load test matrix
# or a preset. The environment and `.env` override a profile.

readonly PROFILES_DIR="$ROOT/config/profiles"
readonly PROFILE_FILE="$STATE_DIR/profile"

# Export the settings of a profile. Without a name, use that of the last start, else the row that fits this machine.
#   $1: name, `auto`, or nothing  $2: not empty to allow a profile for a larger machine
apply_profile() {
  local name="$1" larger="$2" remembered=""
  if [[ -r "$PROFILE_FILE" ]]; then remembered="$(cat "$PROFILE_FILE")"; fi
  name="${name:-${remembered:-auto}}"
  if [[ "$name" == auto ]]; then
    name="$(fitting_profile)"
    say "Profile: $name, the largest sizing profile that fits $(host_size); --profile NAME selects another."
    # The rows reserve messages ahead and replace worker processes often. Without reservation urgent documents start earlier, and every
    # replacement costs a third of a second (docs/explanation/measurements.md).
    set_by_profile WORKER_DISABLE_PREFETCH true
    set_by_profile WORKER_TASKS_PER_CHILD 1000
    rm -f "$PROFILE_FILE"
  else
    require_profile "$name"
    [[ -n "$larger" ]] || refuse_too_large "$name"
    say "Profile: $name$([[ "$name" != "$remembered" ]] || echo ', as at the last start; --profile auto selects the one that fits')."
    mkdir -p "$STATE_DIR"
    printf '%s\n' "$name" >"$PROFILE_FILE"
  fi
  local key value
  while IFS='=' read -r key value; do set_by_profile "$key" "$value"; done < <(profile_lines "$name")
  fit_cpu_limits
}

set_by_profile() {
  [[ -n "$(configured "$1")" ]] || export "$1=$2"
}

profile_lines() { grep -v '^#' "$PROFILES_DIR/$1.env"; }

profile_value() {
  local key value
  while IFS='=' read -r key value; do
    [[ "$key" != "$2" ]] || printf '%s' "$value"
  done < <(profile_lines "$1")
}

require_profile() {
  [[ "$1" != */* && -r "$PROFILES_DIR/$1.env" ]] || fail "up: there is no profile $1, only: $(profile_names)"
}

profile_names() {
  local file names=()
  for file in "$PROFILES_DIR"/*.env; do names+=("$(basename "$file" .env)"); done
  echo "${names[*]}"
}

# A machine sold with 8 GB reports a little less, because firmware and kernel reserve some.
host_memory_gb() { awk '/^MemTotal:/ { print int($2 / 1048576 / 0.9) }' /proc/meminfo; }
host_size() { echo "$(nproc) cores and about $(host_memory_gb) GB"; }

# Print why a profile is too large for this machine, or nothing.
too_large() {
  local cores memory
  cores="$(profile_value "$1" PROFILE_CORES)" memory="$(profile_value "$1" PROFILE_MEMORY_GB)"
  if ((cores > $(nproc))); then echo "it is for $cores cores"; fi
  if ((memory > $(host_memory_gb))); then echo "it is for $memory GB of memory"; fi
}

refuse_too_large() {
  local reasons
  reasons="$(too_large "$1")"
  [[ -z "$reasons" ]] || fail "up: profile $1 does not fit this machine ($(host_size)): ${reasons//$'\n'/ and }. \
The one that fits is $(fitting_profile); --larger starts $1 with the cores that there are"
}

# Print the largest single-machine row that fits this machine, or the smallest row.
fitting_profile() {
  local name best=2c4g
  for name in 4c8g 8c16g 16c32g-balanced 32c64g; do
    [[ -n "$(too_large "$name")" ]] || best="$name"
  done
  echo "$best"
}

# The engine rejects a CPU limit above the number of cores.
fit_cpu_limits() {
  local name
  for name in WORKER_CPUS API_CPUS; do
    if awk -v limit="$(configured "$name" 2)" -v cores="$(nproc)" 'BEGIN { exit !(limit > cores) }'; then export "$name=$(nproc)"; fi
  done
}
