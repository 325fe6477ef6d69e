# shellcheck shell=bash
# Profiles: how many workers, how large, for which machine. One file a row of the tuning matrix, one a preset (config/profiles).
# What is set in the environment or in .env wins over a profile.

readonly PROFILES_DIR="$ROOT/config/profiles"
readonly PROFILE_FILE="$STATE_DIR/profile"

# Export what a profile sets; without a name: that of the last start, else the row that fits this machine.
#   $1: name, `auto`, or empty  $2: yes to run a profile that is larger than this machine, on the cores there are
apply_profile() {
  local name="$1" larger="$2" remembered=""
  if [[ -r "$PROFILE_FILE" ]]; then remembered="$(cat "$PROFILE_FILE")"; fi
  name="${name:-${remembered:-auto}}"
  if [[ "$name" == auto ]]; then
    name="$(fitting_profile)"
    say "Profile: $name, the largest row of the tuning matrix that fits $(host_size); --profile NAME takes another."
    # The row's messages reserved ahead, and few tasks a child, are the guide's advice: without the former urgent documents start
    # sooner, and each new process costs its slot a third of a second (docs/explanation/measurements.md).
    set_by_profile WORKER_DISABLE_PREFETCH true
    set_by_profile WORKER_TASKS_PER_CHILD 1000
    rm -f "$PROFILE_FILE"
  else
    require_profile "$name"
    [[ -n "$larger" ]] || refuse_too_large "$name"
    say "Profile: $name$([[ "$name" != "$remembered" ]] || echo ', as at the last start; --profile auto takes the one that fits')."
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
profile_value() { profile_lines "$1" | sed -n "s/^$2=//p"; }

require_profile() {
  [[ "$1" != */* && -r "$PROFILES_DIR/$1.env" ]] || fail "up: no profile $1; there are: $(profile_names)"
}

profile_names() {
  local file names=()
  for file in "$PROFILES_DIR"/*.env; do names+=("$(basename "$file" .env)"); done
  echo "${names[*]}"
}

# A machine sold with 8 GB shows a little less: its firmware and kernel keep some.
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
The one that fits: $(fitting_profile). --larger runs it all the same, on what there is"
}

# Print the largest row for one machine that fits this one; the smallest where none does.
fitting_profile() {
  local name best=2c4g
  for name in 4c8g 8c16g 16c32g-balanced 32c64g; do
    [[ -n "$(too_large "$name")" ]] || best="$name"
  done
  echo "$best"
}

# The engine refuses a CPU limit above the machine's own number.
fit_cpu_limits() {
  local name
  for name in WORKER_CPUS API_CPUS; do
    if awk -v limit="$(configured "$name" 2)" -v cores="$(nproc)" 'BEGIN { exit !(limit > cores) }'; then export "$name=$(nproc)"; fi
  done
}
