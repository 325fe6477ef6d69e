# shellcheck shell=bash
# The base image of all images: pulled from a registry, or else made by debootstrap from the Debian archive of this host.

readonly BASE_RELEASE=trixie
readonly HOST_CERTIFICATES=/usr/local/share/ca-certificates

make_base_image() {
  docker image inspect "$BASE_IMAGE" >/dev/null 2>&1 && return 0
  step "Base image: pulling $BASE_IMAGE"
  if timeout 120 docker pull --quiet "$BASE_IMAGE" >/dev/null 2>&1; then
    add_host_certificates
  else
    is_debian_like || fail "$BASE_IMAGE cannot be pulled, and only Debian and Ubuntu can make it: docker load it by hand"
    is_root || fail "$BASE_IMAGE cannot be pulled, and making it needs root: sudo ./appliance bootstrap"
    step "The pull failed: making $BASE_IMAGE with debootstrap (about a minute)"
    debootstrap_base
  fi
}

has_host_certificates() { compgen -G "$HOST_CERTIFICATES/*.crt" >/dev/null; }

# In a network that inspects TLS, the builds must trust its certificate authority too.
add_host_certificates() {
  has_host_certificates || return 0
  step "Adding the certificate authorities of this host to $BASE_IMAGE"
  local context
  context="$(mktemp -d)"
  cp "$HOST_CERTIFICATES"/*.crt "$context/"
  cat >"$context/Dockerfile" <<DOCKERFILE
FROM $BASE_IMAGE
COPY *.crt $HOST_CERTIFICATES/
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt
DOCKERFILE
  quietly docker build -t "$BASE_IMAGE" "$context"
  rm -rf "$context"
}

debootstrap_base() {
  apt_install debootstrap
  local root mirror
  root="$(mktemp -d /var/tmp/decalogo-base.XXXXXX)"
  mirror="$(host_archive_uri "")" # empty: the default of debootstrap
  quietly debootstrap --variant=minbase --include=ca-certificates "$BASE_RELEASE" "$root" ${mirror:+"$mirror"}
  slim_down_rules "$root"
  # debootstrap installs the release without updates; they come from the sources of the finished system.
  if [[ -n "$mirror" ]]; then archive_sources "$BASE_RELEASE" >"$root/etc/apt/sources.list"; fi
  if has_host_certificates; then
    cp "$HOST_CERTIFICATES"/*.crt "$root$HOST_CERTIFICATES/"
    quietly chroot "$root" update-ca-certificates
  fi
  quietly chroot "$root" sh -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -y dist-upgrade && apt-get clean'
  rm -rf "$root"/var/lib/apt/lists/* "$root"/usr/share/{man,info,locale}/*
  find "$root/usr/share/doc" -type f ! -name copyright -delete
  tar --numeric-owner -C "$root" -c . | docker import \
    --change 'CMD ["bash"]' \
    --change 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt' \
    --message "debootstrap $BASE_RELEASE" - "$BASE_IMAGE" >/dev/null
  rm -rf --one-file-system "$root"
}

# As in the official slim image: no manuals, no translations, no caches.
slim_down_rules() {
  cat >"$1/etc/dpkg/dpkg.cfg.d/slim" <<'RULES'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
RULES
  cat >"$1/etc/apt/apt.conf.d/slim" <<'RULES'
APT::Install-Recommends "false";
Acquire::Languages "none";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
RULES
}
