# shellcheck shell=bash
# The Compose project of this checkout: its name, which no other checkout may share, and its networks.

readonly NETWORK_FILE="$STATE_DIR/network"
readonly DEFAULT_NETWORK_PREFIX=10.213.84
readonly PUBLISHED_PORTS="$STATE_DIR/ports" # HTTP and HTTPS port of a second appliance on this machine

# Prefix of the names of the images, which are built here unless it is the address of a registry.
image_registry() { configured IMAGE_REGISTRY decalogo; }

project_name() { configured COMPOSE_PROJECT_NAME decalogo; }

# Fail if containers of the project were started from another checkout that still exists.
#   $1: project
refuse_other_checkout() {
  local folder
  while read -r folder; do
    [[ -d "$folder" && "$(realpath "$folder")" != "$(realpath "$ROOT")" ]] || continue
    fail "the appliance '$1' on this machine belongs to the checkout $folder. Run the command there. For a second appliance, set \
COMPOSE_PROJECT_NAME in .env of this checkout."
  done < <(docker ps --all --filter "label=com.docker.compose.project=$1" \
    --format '{{.Label "com.docker.compose.project.working_dir"}}' | sort -u)
}

# A second appliance, which has another name, needs other ports. Unless .env sets one of them, select the first free pair and keep it.
select_ports() {
  local number
  if [[ "$(project_name)" == decalogo || -n "$(configured HTTP_PORT)$(configured HTTPS_PORT)" ]]; then
    rm -f "$PUBLISHED_PORTS"
    return 0
  fi
  if [[ ! -r "$PUBLISHED_PORTS" ]]; then
    for number in {0..99}; do
      if port_is_free $((8080 + number)) && port_is_free $((8443 + number)); then break; fi
    done
    mkdir -p "$STATE_DIR"
    printf '%s %s\n' $((8080 + number)) $((8443 + number)) >"$PUBLISHED_PORTS"
    say "Ports: $((8443 + number)) (HTTPS) and $((8080 + number)) (HTTP), because 443 and 80 belong to the appliance 'decalogo'. HTTPS_PORT and HTTP_PORT in .env override them."
  fi
  recall_ports
}

# A connection to a free port is refused.
port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

recall_ports() {
  if [[ -r "$PUBLISHED_PORTS" && -z "$(configured HTTP_PORT)$(configured HTTPS_PORT)" ]]; then
    read -r HTTP_PORT HTTPS_PORT <"$PUBLISHED_PORTS"
    export HTTP_PORT HTTPS_PORT
  fi
}

# Export NETWORK_PREFIX for Compose: the setting, else that of the last start, else the first one that is free on this machine.
#   $1: project
select_network() {
  local prefix
  if [[ -n "$(configured NETWORK_PREFIX)" ]]; then
    rm -f "$NETWORK_FILE"
    return 0
  fi
  if [[ ! -r "$NETWORK_FILE" ]]; then
    prefix="$(free_network "$1")" || fail "every network from $DEFAULT_NETWORK_PREFIX.0/24 to 10.213.99.0/24 is in use on this machine: set \
NETWORK_PREFIX in .env"
    mkdir -p "$STATE_DIR"
    printf '%s\n' "$prefix" >"$NETWORK_FILE"
    [[ "$prefix" == "$DEFAULT_NETWORK_PREFIX" ]] || say "Networks: $prefix.0/24, because lower ones are in use on this machine."
  fi
  recall_network
}

recall_network() {
  if [[ -z "$(configured NETWORK_PREFIX)" && -r "$NETWORK_FILE" ]]; then
    NETWORK_PREFIX="$(cat "$NETWORK_FILE")"
    export NETWORK_PREFIX
  fi
}

free_network() {
  local prefix used
  used="$(used_networks "$1")"
  for prefix in 10.213.{84..99}; do
    if ! overlaps_any "$prefix.0/24" "$used"; then
      printf '%s' "$prefix"
      return 0
    fi
  done
  return 1
}

# Print the IPv4 networks of other projects and of this machine's interfaces, one per line.
used_networks() {
  local id own
  own="$(docker network ls --quiet --filter "label=com.docker.compose.project=$1")"
  for id in $(docker network ls --quiet --filter driver=bridge); do
    grep -qx "$id" <<<"$own" || docker network inspect --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' "$id"
  done
  if have ip; then ip -4 -o address show scope global | awk '$2 !~ /^(br-|docker)/ { print $4 }'; fi
}

overlaps_any() {
  local network
  while read -r network; do
    [[ "$network" =~ ^[0-9.]+/[0-9]+$ ]] || continue
    if overlap "$1" "$network"; then return 0; fi
  done <<<"$2"
  return 1
}

# True if two IPv4 networks in CIDR notation share an address.
overlap() {
  local bits="${1#*/}" shift_by
  ((bits <= ${2#*/})) || bits="${2#*/}"
  shift_by=$((32 - bits))
  (($(address_number "${1%/*}") >> shift_by == $(address_number "${2%/*}") >> shift_by))
}

address_number() {
  local a b c d
  IFS=. read -r a b c d <<<"$1"
  echo $(((a << 24) + (b << 16) + (c << 8) + d))
}

# Compose creates a network once. Stop the services if a network has another range than the one configured now.
renew_networks() {
  local prefix name subnet other=()
  prefix="$(configured NETWORK_PREFIX "$DEFAULT_NETWORK_PREFIX")"
  while read -r name subnet; do
    [[ "$subnet" == "$prefix".* ]] || other+=("$name")
  done < <(project_networks)
  [[ ${#other[@]} -gt 0 ]] || return 0
  step "Stopping the services: the networks move to $prefix.0/24 (data stays)"
  remove_containers
}

project_networks() {
  local id
  for id in $(docker network ls --quiet --filter "label=com.docker.compose.project=$(project_name)"); do
    docker network inspect --format '{{.Name}} {{range .IPAM.Config}}{{.Subnet}}{{end}}' "$id"
  done
}

# Compose removes the networks of its current files only. Others stay after a change of WEBHOOKS_EGRESS, for example.
remove_leftover_networks() {
  local name
  while read -r name _; do quietly docker network rm "$name"; done < <(project_networks)
}

# True if clients may reach the published ports over IPv6. The engine forwards those connections from one address of its own.
serves_ipv6() {
  [[ "$(configured HTTPS_PORT)" != *.*.*.*:* ]] && have ip && [[ -n "$(ip -6 -o address show scope global 2>/dev/null)" ]]
}
