# shellcheck shell=bash
# What operators look at: the login of their pages, alerts, and Grafana, whose image alone comes from elsewhere.

readonly GRAFANA_PULL_SECONDS=300
readonly GRAFANA_FILE="$STATE_DIR/grafana-not-pulled" # holds the image that no registry gave

# Switch the profile on where Grafana's image is here or can be pulled; everything else runs without it. GRAFANA=off leaves it out.
choose_grafana() {
  local image
  if [[ "$(configured GRAFANA)" == off ]]; then
    say "Grafana: left out, as GRAFANA=off says; alerts and /prometheus/ work without it."
    quietly compose --profile grafana rm --stop --force grafana
    return 0
  fi
  image="$(compose --profile grafana config --images grafana | grep -v "^decalogo/")"
  if docker image inspect "$image" >/dev/null 2>&1 || pull_grafana "$image"; then
    export COMPOSE_PROFILES="${COMPOSE_PROFILES:+$COMPOSE_PROFILES,}grafana"
  else
    say "Grafana: left out, because $image is not here and no registry gives it; alerts and /prometheus/ work without it."
    say "    Tried once a day at most: docker pull $image tries now, GRAFANA=off in .env no more."
  fi
}

# A registry that does not answer costs minutes: a failure is remembered for a day.
pull_grafana() {
  if [[ -n "$(find "$GRAFANA_FILE" -mmin -1440 2>/dev/null)" && "$(cat "$GRAFANA_FILE")" == "$1" ]]; then return 1; fi
  step "Grafana: trying to pull $1"
  timeout "$GRAFANA_PULL_SECONDS" docker pull --quiet "$1" >/dev/null 2>&1 && return 0
  printf '%s\n' "$1" >"$GRAFANA_FILE"
  return 1
}

# The login of /grafana/, /prometheus/, /alertmanager/, /flower/ and /runbooks/: `user:password`, alone.
stack_operator() {
  printf 'operator:'
  compose --profile operator run --rm --no-deps -T --entrypoint cat operator /run/secrets/decalogo/login-password
}

embedded_operator() { fail "the embedded form has no operators' pages: they belong to the containers"; }

# What is firing now, alone on standard output; silenced and inhibited alerts are left out.
stack_alerts() {
  local found
  found="$(compose exec -T alertmanager amtool --alertmanager.url=http://127.0.0.1:9093/alertmanager alert query --output=extended)"
  if [[ "$(wc -l <<<"$found")" -gt 1 ]]; then printf '%s\n' "$found"; else say "No alert is firing."; fi
}

embedded_alerts() { fail "the embedded form judges no alerts: they belong to the containers"; }
