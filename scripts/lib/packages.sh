# shellcheck shell=bash
# The packages in the images: the age of those of Debian, their renewal, and the bills of materials.

readonly PACKAGES_DAYS=30
readonly PACKAGES_FILE="$STATE_DIR/packages-from" # the build argument PACKAGES_FROM: another value installs the packages again
readonly PACKAGES_DATE=/usr/share/decalogo/packages-date
# A running service of each image, and the name of the image.
readonly IMAGES=(api=app redis=redis nginx=nginx prometheus=monitoring)

# Builds must not return to older packages that the engine has cached, so every command has the value of the last renewal.
recall_packages() { export PACKAGES_FROM="${PACKAGES_FROM:-$(cat "$PACKAGES_FILE" 2>/dev/null || true)}"; }

# Print the age of the oldest Debian packages, days.
#   $1: how the form calls Compose  $2…: services
packages_age() {
  local call="$1" service installed oldest=""
  shift
  for service in "$@"; do
    installed="$("$call" exec -T "$service" cat "$PACKAGES_DATE")" || return 1
    installed="$(date --date "$installed" +%s)" || return 1
    if [[ -z "$oldest" ]] || ((installed < oldest)); then oldest="$installed"; fi
  done
  echo $((($(date +%s) - oldest) / 86400))
}

# A check of `doctor`. Images get the security updates of Debian when their packages are installed.
packages_are_recent() {
  local days
  days="$(packages_age compose "${IMAGES[@]%=*}")" || return 1
  echo "$days days"
  ((days >= PACKAGES_DAYS)) || return 0
  if builds_images; then
    echo "./appliance update installs the security updates of Debian"
  else
    echo "the images come from elsewhere: ./appliance update takes newer ones"
  fi
  return "$WARNING"
}

# True if the images are built on this machine, and not loaded from a bundle or pulled from a registry.
builds_images() { ! bundle_is_current && [[ -z "$(configured IMAGE_REGISTRY)" ]]; }

# Have the next build install the Debian packages of today; fail if there is nothing to renew.
#   $1: form
renew_packages() {
  local age=""
  builds_images || return 1
  case "$1" in
    stack) age="$(packages_age compose "${IMAGES[@]%=*}" 2>/dev/null)" || age="" ;;
    joined) age="$(packages_age joined_compose worker 2>/dev/null)" || age="" ;;
    *) return 1 ;;
  esac
  [[ -z "$age" ]] || ((age > 0)) || return 1
  export PACKAGES_FROM
  PACKAGES_FROM="$(date -u +%F)"
  keep_packages_from
}

keep_packages_from() {
  mkdir -p "$STATE_DIR"
  printf '%s\n' "$PACKAGES_FROM" >"$PACKAGES_FILE"
}

# `update` without another version.
#   $1: form
update_packages() {
  local up=(up) before="${PACKAGES_FROM:-}"
  if ! renew_packages "$1"; then
    say "./appliance up starts it."
    return 0
  fi
  [[ "$1" != joined ]] || up=(join)
  step "Installing the security updates of Debian"
  "$ROOT/appliance" "${up[@]}" && return 0
  PACKAGES_FROM="$before"
  keep_packages_from
  fail "the images with the security updates did not start, for the reason above; ./appliance ${up[*]} starts those of before"
}

# `sbom FOLDER`: copy the bills of materials that the builds of the images wrote (CycloneDX 1.6).
stack_sbom() {
  local folder entry service kind
  parse_options sbom "" "$@"
  expect_arguments "sbom takes one folder" 1 1
  folder="${ARGUMENTS[0]}"
  need_running_stack
  mkdir -p "$folder"
  for entry in "${IMAGES[@]}"; do
    service="${entry%=*}"
    for kind in debian python; do
      [[ "$kind" == debian || "$service" == api ]] || continue
      compose exec -T "$service" cat "/usr/share/decalogo/sbom/$kind.cdx.json" >"$folder/${entry#*=}-$kind.cdx.json"
      echo "$folder/${entry#*=}-$kind.cdx.json"
    done
  done
}

embedded_sbom() { fail "only images have bills of materials; the Python packages of this form are those of app/requirements.lock"; }
