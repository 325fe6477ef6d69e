# shellcheck shell=bash
# Where Debian packages come from: always what this host's own apt uses, never a name written down here.

# Print the archive URI that the host's apt uses for one of its suites, or nothing (not Debian, or no such suite).
#   $1: "" for the release itself, "-security" or "-updates"
host_archive_uri() {
  [[ "$(os_release ID)" == debian ]] || return 0
  # shellcheck disable=SC2016 # apt's own placeholders
  apt-get indextargets --format '$(CREATED_BY) $(CODENAME) $(COMPONENT) $(REPO_URI)' |
    awk -v suite="$(os_release VERSION_CODENAME)$1" '$1 == "Packages" && $2 == suite && $3 == "main" && !seen++ {print $4}'
}

# Print the apt sources of another Debian release on the host's own archives (one-line format).
#   $1: release, such as trixie
archive_sources() {
  local suffix uri
  for suffix in "" -updates -security; do
    uri="$(host_archive_uri "$suffix")"
    [[ -z "$uri" ]] || printf 'deb %s %s%s main\n' "$uri" "$1" "$suffix"
  done
}

# Download packages of another Debian release, signatures checked, without touching the host's own apt.
#   $1: release  $2: folder for the .deb files  $3…: package names
download_from_release() {
  local release="$1" folder="$2"
  shift 2
  local apt=(
    apt-get -qq
    -o "Dir::Etc::SourceList=$folder/sources.list" -o "Dir::Etc::SourceParts=$folder/none"
    -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o "APT::Sandbox::User=root"
  )
  mkdir -p "$folder"/{none,lists/partial,cache/archives/partial}
  archive_sources "$release" | sed 's|^deb |deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] |' >"$folder/sources.list"
  [[ -s "$folder/sources.list" ]] || return 1
  (cd "$folder" && "${apt[@]}" update && "${apt[@]}" download "$@")
}
