# shellcheck shell=bash
# The pages of operators: their login, alerts, and Grafana, the only image that comes from a registry.

readonly GRAFANA_PULL_SECONDS=300
readonly GRAFANA_FILE="$STATE_DIR/grafana-not-pulled" # holds the name of the image that could not be pulled

# Enable the profile `grafana` if its image is here or can be pulled. Everything else runs without it.
choose_grafana() {
  local image
  if [[ "$(configured GRAFANA)" == off ]]; then
    say "Grafana: disabled by GRAFANA=off. Alerts and /prometheus/ work without it."
    quietly compose --profile grafana rm --stop --force grafana
    return 0
  fi
  image="$(compose --profile grafana config --images grafana | grep -v "^decalogo/")"
  if docker image inspect "$image" >/dev/null 2>&1 || pull_grafana "$image"; then
    export COMPOSE_PROFILES="${COMPOSE_PROFILES:+$COMPOSE_PROFILES,}grafana"
  else
    say "Grafana: left out, because $image is not on this machine and cannot be pulled. Alerts and /prometheus/ work without it."
    say "    The pull is retried after one day; docker pull $image retries it now. GRAFANA=off in .env disables Grafana."
  fi
}

# Pull the image. A registry that is out of reach costs minutes, so a failure is remembered for one day.
pull_grafana() {
  if [[ -n "$(find "$GRAFANA_FILE" -mmin -1440 2>/dev/null)" && "$(cat "$GRAFANA_FILE")" == "$1" ]]; then return 1; fi
  step "Grafana: pulling $1"
  timeout "$GRAFANA_PULL_SECONDS" docker pull --quiet "$1" >/dev/null 2>&1 && return 0
  printf '%s\n' "$1" >"$GRAFANA_FILE"
  return 1
}

# Print the login of /grafana/, /prometheus/, /alertmanager/, /flower/ and /runbooks/ as `user:password`.
stack_operator() {
  printf 'operator:'
  compose --profile operator run --rm --no-deps -T --entrypoint cat operator /run/secrets/decalogo/login-password
}

embedded_operator() { fail "the embedded form has no pages for operators; the containers have them"; }

# Print the alerts that are firing, without silenced and inhibited ones.
stack_alerts() {
  local found
  found="$(compose exec -T alertmanager amtool --alertmanager.url=http://127.0.0.1:9093/alertmanager alert query --output=extended)"
  if [[ "$(wc -l <<<"$found")" -gt 1 ]]; then printf '%s\n' "$found"; else say "No alert is firing."; fi
}

embedded_alerts() { fail "the embedded form has no alerts; the containers have them"; }
