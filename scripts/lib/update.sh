# shellcheck shell=bash
# `update [VERSION]` and `rollback`: change the version of this checkout and of the running appliance, with a backup before.

readonly PREVIOUS_FILE="$STATE_DIR/previous" # commit, version, backup and PACKAGES_FROM of before the last update, one per line
readonly COMMIT_FILE="$STATE_DIR/started-commit"
readonly BACKUPS_DIR="$STATE_DIR/backups"
readonly PREVIOUS_VENV="$ROOT/.venv-previous"
readonly UPDATE_FREE_KB=$((3 * 1024 * 1024))

update() {
  local form from target backup=""
  parse_options update "bundle= no-backup" "$@"
  expect_arguments "update takes one version" 0 1
  form="$(running_form)"
  check_checkout
  if [[ -n "$(option bundle)" ]]; then
    [[ ${#ARGUMENTS[@]} == 0 ]] || fail "update takes a version or --bundle, not both"
    target="$(take_bundle "$(option bundle)")"
  else
    fetch_versions
    target="$(resolve_version "${ARGUMENTS[0]:-}")"
  fi
  from="$(checkout_git rev-parse HEAD)"
  if [[ "$target" == "$from" ]]; then
    say "This checkout has the version $(version_of HEAD) already."
    update_packages "$form"
    return 0
  fi
  say "Update from $(version_of HEAD) to $(version_of "$target"). Changes: CHANGELOG.md"
  if (($(data_format "$target") < $(data_format HEAD))); then
    fail "$(version_of "$target") cannot read the data of $(version_of HEAD). ./appliance rollback returns to the version of before the last update"
  fi
  check_free_space
  [[ -n "$(option no-backup)" || "$form" == joined ]] || backup="$(backup_before_update "$form")"
  mkdir -p "$STATE_DIR"
  printf '%s\n' "$from" "$(version_of HEAD)" "$backup" "${PACKAGES_FROM:-}" >"$PREVIOUS_FILE"
  if renew_packages "$form"; then say "The images get the security updates of Debian."; fi
  change_version "$form" "$target"
  if [[ "$form" != embedded ]] && engine_answers; then clean_engine "$(version_of HEAD)"; fi
  check_after_change "$form"
  say "Updated to $(version_of HEAD). ./appliance rollback returns to $(sed -n 2p "$PREVIOUS_FILE")."
}

# Return to the version of before the last update. Data stays, unless the old version cannot read it: then the backup is restored.
rollback() {
  local form commit version backup
  parse_options rollback "yes" "$@"
  expect_arguments "rollback takes --yes only" 0 0
  [[ -r "$PREVIOUS_FILE" ]] || fail "there is no update to roll back"
  { read -r commit && read -r version && read -r backup; } <"$PREVIOUS_FILE"
  form="$(running_form)"
  check_checkout
  # The packages of before are cached, so a way back needs no network.
  PACKAGES_FROM="$(sed -n 4p "$PREVIOUS_FILE")"
  if [[ "$form" != joined && "$(data_format HEAD)" != "$(data_format "$commit")" ]]; then
    [[ -r "$backup" ]] || fail "$version cannot read the data of $(version_of HEAD), and there is no backup: $backup"
    [[ -n "$(option yes)" ]] || confirm "$version cannot read the data of $(version_of HEAD). This restores $(basename "$backup"): what came later is lost."
    keep_packages_from
    change_version "$form" "$commit" drop-data
    "$ROOT/appliance" restore "$backup"
  else
    keep_packages_from
    change_version "$form" "$commit"
  fi
  rm -f "$PREVIOUS_FILE"
  check_after_change "$form"
  say "Rolled back to $version."
}

checkout_git() { git -C "$ROOT" "$@"; }

# Remember the commit that `up` started. Its file is missing if git is, or if this is no clone.
note_commit() { checkout_git rev-parse HEAD >"$COMMIT_FILE" 2>/dev/null || rm -f "$COMMIT_FILE"; }

# A check of `doctor`: processes keep the code with which they started.
runs_this_commit() {
  local started
  started="$(cat "$COMMIT_FILE" 2>/dev/null || true)"
  [[ -n "$started" && "$started" != "$(checkout_git rev-parse HEAD)" ]] || return 0
  echo "it was started from commit ${started:0:12}, and the checkout is at $(checkout_git rev-parse --short=12 HEAD). To update: git checkout --detach ${started:0:12}, then ./appliance update"
  return "$WARNING"
}

running_form() {
  local form
  form="$(last_form)"
  if [[ -z "$form" ]] && compose_answers && stack_runs; then form=stack; fi
  [[ -n "$form" ]] || fail "nothing was started from this checkout: ./appliance up"
  if [[ "$form" == stack ]] && engine_answers; then refuse_other_checkout "$(project_name)"; fi
  printf '%s' "$form"
}

check_checkout() {
  local changed
  have git || fail "git is needed to change the version"
  [[ "$(checkout_git rev-parse --show-toplevel 2>/dev/null)" == "$(cd "$ROOT" && pwd -P)" ]] || fail "$ROOT is not a clone of the repository, so its version cannot be changed"
  changed="$(checkout_git status --porcelain --untracked-files=no)"
  [[ -z "$changed" ]] || fail "files of this checkout were changed; commit or discard that first (git status):"$'\n'"$changed"
}

check_free_space() {
  local free
  free="$(df -Pk "$ROOT" | awk 'NR == 2 { print $4 }')"
  ((free >= UPDATE_FREE_KB)) || fail "less than $((UPDATE_FREE_KB / 1024 / 1024)) GB are free on the disk of $ROOT; ./appliance disk shows what can go"
}

fetch_versions() {
  checkout_git remote get-url origin >/dev/null 2>&1 || return 0
  step "Fetching versions"
  checkout_git fetch --quiet --tags origin ||
    say "The repository is out of reach; only versions that were fetched before can be used."
}

# Print the commit of a version, tag, branch or commit. Without one, that of the newest version.
resolve_version() {
  local name="${1:-}" candidate
  if [[ -z "$name" ]]; then
    name="$(checkout_git tag --list 'v[0-9]*' --sort=-version:refname | sed -n 1p)"
    [[ -n "$name" ]] || fail "the repository has no released version; name one: ./appliance update VERSION"
  fi
  for candidate in "refs/tags/v$name" "refs/tags/$name" "refs/remotes/origin/$name" "$name"; do
    checkout_git rev-parse --quiet --verify "$candidate^{commit}" && return 0
  done
  fail "there is no version $name; these are known: $(checkout_git tag --list 'v[0-9]*' --sort=-version:refname | sed -n 1,8p | tr '\n' ' ')"
}

# Print the version of the package, and the format of its data, in a commit.
version_of() { checkout_git show "$1:app/pyproject.toml" | sed -n 's/^version = "\(.*\)"$/\1/p' | head -n 1; }
data_format() { checkout_git show "$1:app/src/decalogo/batches/format.py" | sed -n 's/^FORMAT: Final = //p'; }

# Print the path of the backup. Backups of the last two updates are kept.
backup_before_update() {
  local file
  "${1}_runs" || fail "update makes a backup first, so the appliance must run: ./appliance up (--no-backup updates without one)"
  (umask 077 && mkdir -p "$BACKUPS_DIR")
  file="$BACKUPS_DIR/before-update-$(date +%Y%m%d-%H%M%S).tar"
  step "Backing up to $file"
  "${1}_backup" "$file" >&2
  find "$BACKUPS_DIR" -name 'before-update-*.tar' | sort -r | tail -n +3 | while IFS= read -r old; do rm -f "$old"; done
  printf '%s' "$file"
}

# Check out a commit and start it. Local processes must stop first: they would mix old and new modules.
#   $1: form  $2: commit  $3: not empty to delete the batches
change_version() {
  local up=(up)
  if [[ "$1" == embedded ]]; then
    up=(up --embedded)
    embedded_down
    [[ -z "${3:-}" ]] || rm -rf "$EMBEDDED_DATA/valkey" "$EMBEDDED_DATA/artifacts"
    swap_venv "$2"
  elif [[ -n "${3:-}" ]]; then
    drop_stack_data
  fi
  step "Checking out $(version_of "$2")"
  checkout_git checkout --quiet --detach "$2" || fail "the checkout of $2 failed, for the reason above; nothing else was changed: ./appliance ${up[*]}"
  [[ "$1" != joined ]] || up=(join)
  # The new version may have another way to start.
  "$ROOT/appliance" "${up[@]}" || fail "the new version did not start, for the reason above. ./appliance rollback returns to the old one"
}

# Keep the environment of the version that is left if another one needs other packages, so that a way back needs no network.
swap_venv() {
  [[ -d "$VENV" && "$(checkout_git rev-parse "HEAD:app/requirements.lock")" != "$(checkout_git rev-parse "$1:app/requirements.lock")" ]] || return 0
  if [[ -d "$PREVIOUS_VENV" && "$(cat "$PREVIOUS_VENV/commit" 2>/dev/null)" == "$1" ]]; then
    mv "$VENV" "$VENV-left" && mv "$PREVIOUS_VENV" "$VENV" && mv "$VENV-left" "$PREVIOUS_VENV"
  else
    rm -rf "$PREVIOUS_VENV"
    mv "$VENV" "$PREVIOUS_VENV"
  fi
  checkout_git rev-parse HEAD >"$PREVIOUS_VENV/commit"
}

drop_stack_data() {
  remove_containers
  quietly docker volume rm "$(project_name)_redis-data" "$(project_name)_artifacts"
}

check_after_change() {
  if [[ "$1" == joined ]]; then return 0; fi
  "$ROOT/appliance" doctor || fail "the version was changed, but doctor found failures"
}
