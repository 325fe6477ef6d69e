# shellcheck shell=bash
# The Debian archives that apt of this host uses. No archive is named here.

# Print the archive URI that apt uses for a suite, or nothing if this is not Debian or the suite is not configured.
#   $1: "" for the release itself, "-security" or "-updates"
host_archive_uri() {
  [[ "$(os_release ID)" == debian ]] || return 0
  # shellcheck disable=SC2016 # placeholders of apt
  apt-get indextargets --format '$(CREATED_BY) $(CODENAME) $(COMPONENT) $(REPO_URI)' |
    awk -v suite="$(os_release VERSION_CODENAME)$1" '$1 == "Packages" && $2 == suite && $3 == "main" && !seen++ {print $4}'
}

# Print apt sources for another Debian release on the archives of this host (one-line format).
#   $1: release, such as trixie
archive_sources() {
  local suffix uri
  for suffix in "" -updates -security; do
    uri="$(host_archive_uri "$suffix")"
    [[ -z "$uri" ]] || printf 'deb %s %s%s main\n' "$uri" "$1" "$suffix"
  done
}

# Download packages of another Debian release and verify their signatures, without changing apt of this host.
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
