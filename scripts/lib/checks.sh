# shellcheck shell=bash
# Checks of `./appliance doctor` on what surrounds the appliance: versions, networks, disk, retention, backups, Grafana.

readonly EXPIRY_DAYS=3
readonly FREE_SHARE_WARNING=15

run_host_checks() {
  run_check "running version" version_is_current
  run_check "age of the Debian packages, below $PACKAGES_DAYS days" packages_are_recent
  run_check "proxies inside the containers" no_proxy_inside
  run_check "addresses of the networks" networks_are_apart
  run_check "client addresses" clients_are_distinguished
  run_check "limits of premium tokens" limits_fit_together
  run_shared_checks "$(docker info --format '{{.DockerRootDir}}')"
}

# Checks that both forms share.
#   $1: folder on the disk that holds the data
run_shared_checks() {
  run_check "running commit" runs_this_commit
  run_check "disk space" disk_has_space "$1"
  run_check "batches that expire within $EXPIRY_DAYS days" in_form expiring "$EXPIRY_DAYS"
  run_check "last backup" backup_is_recent
}

engine_is_supported() {
  local version cgroups
  if engine_is_podman; then
    echo "it is Podman, on which the appliance does not run: docs/how-to/use-rootless-docker.md"
    return 1
  fi
  read -r version cgroups < <(docker info --format '{{.ServerVersion}} {{.CgroupVersion}}')
  echo "Docker $version$(engine_is_rootless && echo ", rootless")"
  if engine_is_rootless && [[ "$cgroups" == 1 ]]; then
    echo "rootless with cgroup v1, so no limit of memory and processors applies: docs/how-to/use-rootless-docker.md"
    return "$WARNING"
  fi
}

version_is_current() {
  local running wanted
  wanted="$(version_of_checkout)"
  running="$(compose exec -T api decalogo --version)" || return 1
  [[ "$running" != "decalogo $wanted" ]] || { echo "$wanted" && return 0; }
  echo "$running runs, and the checkout has $wanted: ./appliance up starts it"
  return 1
}

# The Docker client injects the proxies of its configuration; NO_PROXY in config/compose/service.yaml keeps them out of use.
no_proxy_inside() {
  local service value
  for service in api nginx prometheus; do
    value="$(compose exec -T "$service" printenv NO_PROXY || true)"
    [[ "$value" == '*' ]] || { echo "NO_PROXY of $service is '$value': docs/how-to/use-a-proxy.md" && return 1; }
  done
  value="$(compose exec -T api printenv HTTPS_PROXY HTTP_PROXY | head -n 1 || true)"
  [[ -z "$value" ]] || echo "the Docker client injects the proxy $value; nothing inside uses it"
}

# A network of the containers hides the part of the LAN with the same addresses.
networks_are_apart() {
  local name subnet used="" status=0
  if have ip; then used="$(ip -4 route show | awk '$1 ~ /\// && $0 !~ / dev (br-|docker|veth)/ { print $1 }')"; fi
  while read -r name subnet; do
    if overlaps_any "$subnet" "$used"; then
      echo "$name ($subnet) overlaps a route of this machine: set NETWORK_PREFIX in .env"
      status="$WARNING"
    fi
  done < <(project_networks)
  return "$status"
}

clients_are_distinguished() {
  if engine_is_rootless; then
    echo "rootless Docker gives all clients one address, whose limits they share: docs/how-to/use-rootless-docker.md"
    return "$WARNING"
  fi
  if serves_ipv6; then echo "over IPv4; all clients over IPv6 count as one address (docs/how-to/configure-tls.md)"; fi
}

# nginx limits each address, and the API each token; the lower limit decides.
limits_fit_together() {
  local uploads status requests_limit uploads_limit premium
  premium="$(stack_token list | grep -c 'premium.*usable')" || premium=0
  if ((premium <= 1)); then # the admin token
    echo "only the admin token is premium"
    return 0
  fi
  read -r uploads status < <(compose exec -T api python -c 'from decalogo.settings import get_settings as s; t = s().api.premium; print(t.uploads_per_minute, t.status_per_minute)')
  uploads_limit="$(configured NGINX_UPLOADS_PER_MINUTE 10)" requests_limit="$(configured NGINX_REQUESTS_PER_MINUTE 100)"
  if ((uploads_limit == 0 || uploads_limit >= uploads)) && ((requests_limit == 0 || requests_limit >= status)); then return 0; fi
  echo "one address may send $uploads_limit uploads and $requests_limit requests per minute, a premium token $uploads uploads and $status status requests: docs/how-to/configure-tls.md#limits-per-client-address"
  return "$WARNING"
}

disk_has_space() {
  local free used
  read -r free used < <(df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print int($4 / 1024 / 1024), $5 + 0 }')
  [[ -n "${free:-}" ]] || return 0 # the engine is on another machine
  echo "$free GB free, $used % used ($1)"
  ((used > 100 - FREE_SHARE_WARNING)) || return 0
  echo "./appliance disk shows what can go"
  return "$WARNING"
}

stack_expiring() { expiry_result compose exec -T api decalogo holdings --expiring "$1"; }
embedded_expiring() { expiry_result embedded run -- holdings --expiring "$1"; }

expiry_result() {
  local found
  found="$("$@")" || return 1
  echo "$found"
  [[ "$found" == [1-9]*" batches "* ]] || return 0
  return "$WARNING"
}

# Grafana behind nginx: health, login, data source and dashboards.
grafana_runs() {
  local dashboards
  if [[ "$(configured GRAFANA)" == off ]]; then
    echo "disabled by GRAFANA=off"
    return 0
  fi
  if [[ -z "$(compose --profile grafana ps --quiet --status running grafana)" ]]; then
    echo "it does not run: docker pull its image, then ./appliance up; GRAFANA=off in .env disables it"
    return "$WARNING"
  fi
  request_grafana /api/health >/dev/null || { echo "/grafana/api/health does not respond" && return 1; }
  request_grafana /api/datasources/uid/prometheus/health >/dev/null || { echo "it does not reach Prometheus" && return 1; }
  dashboards="$(request_grafana '/api/search?type=dash-db' | grep -o '"uid":"decalogo-' | wc -l)"
  [[ "$dashboards" != "$(find "$ROOT/grafana/dashboards" -name '*.json' | wc -l)" ]] || return 0
  echo "it has $dashboards of the dashboards in grafana/dashboards; are the files readable for everybody (chmod -R a+rX grafana)?"
  return 1
}

# The login goes through standard input, because every user of the machine can read arguments.
request_grafana() {
  printf 'user = "%s"\n' "$(stack_operator)" |
    compose exec -T nginx curl --config - --noproxy '*' --ipv4 --silent --show-error --insecure --fail --max-time 10 "https://localhost:8443/grafana$1"
}
