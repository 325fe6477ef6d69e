# shellcheck shell=bash
# What operators look at: the login of their pages, alerts, and Grafana, whose image alone comes from elsewhere.

readonly GRAFANA_PULL_SECONDS=300

# Switch the profile on where Grafana's image is here or can be pulled; everything else runs without it.
choose_grafana() {
  local image
  image="$(compose --profile grafana config --images grafana | grep -v "^decalogo/")"
  if docker image inspect "$image" >/dev/null 2>&1 || pull_grafana "$image"; then
    export COMPOSE_PROFILES="${COMPOSE_PROFILES:+$COMPOSE_PROFILES,}grafana"
  else
    say "Grafana: left out, because $image is not here and no registry gives it; alerts and /prometheus/ work without it."
  fi
}

pull_grafana() {
  step "Grafana: trying to pull $1"
  timeout "$GRAFANA_PULL_SECONDS" docker pull --quiet "$1" >/dev/null 2>&1
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
