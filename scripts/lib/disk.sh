# shellcheck shell=bash
# `disk [--clean]`: what uses disk space, and what can go.

disk() {
  parse_options disk "clean" "$@"
  expect_arguments "disk takes --clean only" 0 0
  in_form disk "$(option clean)"
}

stack_disk() {
  local version
  version="$(version_of_checkout)"
  [[ -z "${1:-}" ]] || clean_engine "$version"
  df -h "$(docker info --format '{{.DockerRootDir}}' 2>/dev/null || echo /)" 2>/dev/null | awk 'NR == 2 { print "free\t" $4 " of " $2 }'
  docker system df --verbose --format '{{range .Volumes}}{{.Name}}\t{{.Size}}\n{{end}}' |
    awk -F '\t' -v own="$(project_name)_" 'index($1, own) == 1 && $2 != "0B" && $1 !~ /_secrets-/ { print "volume " $1 "\t" $2 }'
  docker image ls --format '{{.Repository}}:{{.Tag}}\t{{.Size}}' | grep "^$(image_registry)/" | sort |
    awk -F '\t' -v current=":$(configured IMAGE_TAG "$version")" '{ print "image " $1 "\t" $2 (substr($1, length($1) - length(current) + 1) == current ? "" : "\tnot of this version") }'
  docker system df --format '{{if eq .Type "Build Cache"}}build cache\t{{.Size}}\t{{.Reclaimable}} can go{{end}}' | grep . || true
  folder_sizes
  say "./appliance disk --clean removes images of earlier versions (not of the one before the last update), replaced images, and build cache that was not used for a week."
}

embedded_disk() {
  local folder
  [[ -z "${1:-}" ]] || rm -rf "$PREVIOUS_VENV"
  df -h "$ROOT" | awk 'NR == 2 { print "free\t" $4 " of " $2 }'
  for folder in "$EMBEDDED_DATA"/*/ "$VENV" "$PREVIOUS_VENV"; do
    [[ ! -d "$folder" ]] || du -sh "${folder%/}" | awk '{ print $2 "\t" $1 }'
  done
  folder_sizes
  say "./appliance disk --clean removes the environment of before the last update, which rollback would use."
}

folder_sizes() { [[ ! -d "$BACKUPS_DIR" ]] || du -sh "$BACKUPS_DIR" | awk '{ print $2 "\t" $1 }'; }

version_of_checkout() { sed -n 's/^version = "\(.*\)"$/\1/p' "$ROOT/app/pyproject.toml" | head -n 1; }

# Remove what only earlier versions used. The engine refuses to remove an image that a container uses.
clean_engine() {
  local previous=""
  [[ ! -r "$PREVIOUS_FILE" ]] || previous="$(sed -n 2p "$PREVIOUS_FILE")"
  remove_old_images "$1" "$previous"
  docker image prune --force --filter label=org.opencontainers.image.title=decalogo >/dev/null
  docker builder prune --force --filter until=168h >/dev/null 2>&1 || true # an engine without buildx has none
}

# Remove the images of all versions but these.
#   $@: versions
remove_old_images() {
  local image tag
  have docker && engine_answers || return 0
  while read -r image; do
    tag="${image##*:}"
    # Other tags, such as those of tests, belong to somebody else.
    [[ "$tag" =~ ^[0-9]+\.[0-9]+\.[0-9]+$ && " $* " != *" $tag "* ]] || continue
    docker image rm "$image" >/dev/null 2>&1 && say "Removed the image $image of an earlier version."
  done < <(docker image ls --format '{{.Repository}}:{{.Tag}}' | grep "^$(image_registry)/" || true)
}
