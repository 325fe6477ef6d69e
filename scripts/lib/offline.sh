# shellcheck shell=bash
# `bundle FILE`: one file with everything that a machine without network needs. Unpacked, it is a checkout whose `var/bundle` has the
# images, the packages of the client, and their checksums; `up` loads them instead of building.

readonly BUNDLE_DIR="$STATE_DIR/bundle"

bundle() {
  local file folder images
  parse_options bundle "" "$@"
  expect_arguments "bundle takes one file" 1 1
  file="${ARGUMENTS[0]}"
  [[ ! -e "$file" ]] || fail "bundle: $file exists already"
  check_checkout
  if ! engine_answers || ! compose_answers; then fail "bundle: the images are built with a container engine and Compose v2 (./appliance bootstrap)"; fi
  pass_on_pip_index
  make_base_image
  step "Building images (fast if nothing changed)"
  quietly compose build
  mapfile -t images < <(bundled_images)
  folder="$(mktemp -d "$(dirname "$file")/.bundle.XXXXXX")"
  # shellcheck disable=SC2064 # the value of now
  trap "rm -rf '$folder'" EXIT
  fill_bundle "$folder" "${images[@]}"
  step "Writing $file"
  tar -C "$folder" -cf "$file.unfinished" decalogo
  mv "$file.unfinished" "$file"
  say "$(du -h "$file" | cut -f1): on the other machine, with the same processor architecture: tar -xf $(basename "$file") && cd decalogo && ./appliance up"
}

# Print the images of all services: those built here, and Grafana's if it is on this machine.
bundled_images() {
  local image
  while read -r image; do
    if docker image inspect "$image" >/dev/null 2>&1; then
      echo "$image"
    else
      say "    without $image, which is not on this machine"
    fi
  done < <(compose --profile grafana config --images | sort -u)
}

#   $1: empty folder  $2…: images
fill_bundle() {
  local target="$1/decalogo" inside="$1/decalogo/var/bundle" image names=()
  step "Copying the checkout"
  quietly git clone --quiet --no-hardlinks "$ROOT" "$target"
  quietly git -C "$target" checkout --quiet --detach "$(checkout_git rev-parse HEAD)"
  mkdir -p "$inside/packages"
  # `docker load` restores tags and no digests.
  for image in "${@:2}"; do
    [[ "$image" != *@* ]] || docker tag "$image" "${image%@*}"
    names+=("${image%@*}")
  done
  step "Saving ${#names[@]} images"
  docker save "${names[@]}" | gzip -1 >"$inside/images.tar.gz"
  printf '%s\n' "${names[@]}" >"$inside/images"
  checkout_git rev-parse HEAD >"$inside/commit"
  step "Downloading the packages of the client"
  ensure_venv requirements.lock
  quietly "$VENV/bin/python" -m pip download --disable-pip-version-check --require-hashes --dest "$inside/packages" -r "$ROOT/app/requirements.lock"
  (cd "$inside" && find . -type f -exec sha256sum {} +) >"$1/sums"
  mv "$1/sums" "$inside/SHA256SUMS"
}

# True if this checkout came from a bundle, or took one, and still has its version.
bundle_is_current() {
  [[ -r "$BUNDLE_DIR/commit" && "$(cat "$BUNDLE_DIR/commit")" == "$(checkout_git rev-parse HEAD 2>/dev/null)" ]] &&
    [[ -z "$(checkout_git status --porcelain --untracked-files=no)" ]]
}

check_bundle() {
  local wrong
  wrong="$(cd "$1" && sha256sum --check --quiet SHA256SUMS 2>&1)" || fail "the bundle in $1 is damaged; copy it again:"$'\n'"$wrong"
}

# Load the images of the bundle unless they are here.
load_bundle() {
  local image missing=""
  while read -r image; do
    docker image inspect "$image" >/dev/null 2>&1 || missing=yes
  done <"$BUNDLE_DIR/images"
  if [[ -z "$missing" ]]; then return 0; fi
  step "Checking the bundle"
  check_bundle "$BUNDLE_DIR"
  step "Loading its images"
  quietly docker load --input "$BUNDLE_DIR/images.tar.gz"
}

# Take the version of a bundle into this checkout, for `update --bundle FILE`. Print its commit.
take_bundle() {
  local folder="$STATE_DIR/incoming"
  [[ -r "$1" ]] || fail "update: $1 cannot be read"
  rm -rf "$folder"
  mkdir -p "$folder"
  step "Unpacking $1"
  quietly tar -C "$folder" -xf "$1"
  [[ -r "$folder/decalogo/var/bundle/SHA256SUMS" ]] || fail "$1 is no file of ./appliance bundle"
  check_bundle "$folder/decalogo/var/bundle"
  quietly git -C "$ROOT" fetch --quiet --tags "$folder/decalogo" HEAD
  rm -rf "$BUNDLE_DIR"
  mv "$folder/decalogo/var/bundle" "$BUNDLE_DIR"
  rm -rf "$folder"
  cat "$BUNDLE_DIR/commit"
}
