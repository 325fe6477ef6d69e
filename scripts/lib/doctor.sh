# shellcheck shell=bash
# `./appliance doctor`: a checklist for the running appliance, executed item by item.

readonly DOCTOR_SAMPLE="$ROOT/app/tests/data/florencia-2020-2023.pdf"
readonly DOCTOR_COPIES=8
readonly CERTIFICATE_DAYS=14
# Exit status of a check that found something to improve and nothing broken. Any other status but 0 is a failure.
readonly WARNING=9

doctor() {
  local target
  parse_options doctor "target=" "$@"
  expect_arguments "doctor takes --target only" 0 0
  target="$(option target)"
  target="${target:-170}"
  [[ "$target" =~ ^[0-9]+$ ]] || fail "doctor: --target takes documents per hour, not '$target'"
  in_form doctor "$target"
}

stack_doctor() {
  need_running_stack
  begin_checks
  run_check "container engine" engine_is_supported
  run_check "Redis" redis_is_guarded
  run_check "packages of the image" has_locked_packages compose exec -T api python -
  run_check "health of all services" services_are_healthy
  run_check "workers" compose exec -T worker decalogo workers
  run_check "configuration of nginx" compose exec -T nginx nginx -t -q
  run_check "HTTPS, and the redirect from HTTP" nginx_answers
  run_check "certificate, for $CERTIFICATE_DAYS days or more" certificate_lasts
  run_access_checks "$1" stack_token
  run_check "start at boot" starts_at_boot
  run_check "targets of Prometheus" prometheus_reaches_all
  run_check "receiver of alerts" alerts_have_a_receiver
  run_check "firing alerts" no_alert_is_firing
  run_check "Grafana" grafana_runs
  run_check "sizing profile" profile_fits
  run_host_checks
  report_checks
}

embedded_doctor() {
  embedded_runs || fail "the appliance does not run: ./appliance up"
  begin_checks
  run_check "processes, and the API" embedded_status
  run_check "packages of the environment" has_locked_packages "$VENV/bin/python" -
  run_check "workers" embedded run -- workers
  run_access_checks "$1" embedded_token
  run_shared_checks "$EMBEDDED_DATA"
  say "Not checked, because only the containers have them: nginx, TLS, start at boot, monitoring, alerts."
  report_checks
}

# The checks that both forms share: tokens, one evaluated document, and throughput.
#   $1: documents per hour to reach  $2: function of the form for `token`
run_access_checks() {
  run_check "tokens" has_tokens "$2"
  run_check "evaluation of a plan" in_form decalogo probe "$DOCTOR_SAMPLE" --seconds 120
  run_check "throughput of $1 documents per hour" in_form decalogo probe "$DOCTOR_SAMPLE" --documents "$DOCTOR_COPIES" --target "$1"
}

begin_checks() {
  CHECKS_PASSED=0 CHECKS_WARNED=0 CHECKS_FAILED=0 CHECKS_OPEN=""
  # For the checks that submit a document; here, so that its messages belong to no check.
  (ensure_venv requirements.lock) || true
}

# Run a check; print its result and its output.
run_check() {
  local title="$1" output="" status=0 mark
  shift
  output="$(
    set +e
    "$@" 2>&1
  )" || status=$?
  [[ "$status" == 0 ]] || CHECKS_OPEN+="${CHECKS_OPEN:+, }$title"
  case "$status" in
    0) mark="ok  " CHECKS_PASSED=$((CHECKS_PASSED + 1)) ;;
    "$WARNING") mark="warn" CHECKS_WARNED=$((CHECKS_WARNED + 1)) ;;
    *) mark="FAIL" CHECKS_FAILED=$((CHECKS_FAILED + 1)) ;;
  esac
  printf '%s  %s\n' "$mark" "$title"
  [[ -z "$output" ]] || printf '        %s\n' "${output//$'\n'/$'\n        '}"
}

report_checks() {
  local plural=s
  [[ "$CHECKS_WARNED" != 1 ]] || plural=""
  printf '%s passed, %s warning%s, %s failed\n' "$CHECKS_PASSED" "$CHECKS_WARNED" "$plural" "$CHECKS_FAILED"
  [[ -z "$CHECKS_OPEN" ]] || printf 'To look at: %s. The lines below each of them say what to do.\n' "$CHECKS_OPEN"
  [[ "$CHECKS_FAILED" == 0 ]]
}

redis_is_guarded() {
  local reply
  compose exec -T redis health || return 1
  reply="$(compose exec -T redis redis-cli ping)"
  [[ "$reply" == *NOAUTH* ]] && return 0
  echo "a client without a password gets the reply: $reply"
  return 1
}

# Compare the installed packages of a Python with the lock.
#   $@: a command that runs the program in standard input
has_locked_packages() {
  { printf 'LOCK = """\n' && grep -E '^[A-Za-z0-9._-]+==' "$ROOT/app/requirements.lock" && printf '"""\n' && cat <<'PYTHON'; } | "$@"
import importlib.metadata, sys

wrong = []
for line in LOCK.split("\n"):
    requirement, _, condition = line.strip(" \\").partition(";")
    if not requirement or condition:
        continue
    name, _, wanted = requirement.strip().partition("==")
    try:
        found = importlib.metadata.version(name.split("[")[0])
    except importlib.metadata.PackageNotFoundError:
        found = "missing"
    if found != wanted:
        wrong.append(f"{name} is {found}, the lock has {wanted}")
if wrong:
    sys.exit("\n".join([*wrong, "./appliance up builds it again"]))
PYTHON
}

services_are_healthy() {
  local unhealthy
  mapfile -t unhealthy < <(unhealthy_services compose)
  [[ ${#unhealthy[@]} -gt 0 ]] || return 0
  compose ps --all --format '{{.Service}} {{.State}} {{.Health}}' "${unhealthy[@]}"
  echo "./appliance logs SERVICE prints the reason"
  return 1
}

nginx_answers() {
  local reply
  reply="$(request_api --write-out ' %{http_code}' https://localhost:8443/api/v1/ready)" || return 1
  if [[ "$reply" != *' 200' ]]; then
    echo "/api/v1/ready: $reply"
    return 1
  fi
  reply="$(request_api --output /dev/null --write-out '%{http_code} %{redirect_url}' http://localhost:8080/)"
  [[ "$reply" == 30[18]\ https://* ]] && return 0
  echo "the reply to HTTP is '$reply' instead of a redirect to HTTPS"
  return 1
}

certificate_lasts() {
  stack_certificate | compose exec -T api python -c '
import datetime, sys
from cryptography import x509

ends = x509.load_pem_x509_certificate(sys.stdin.buffer.read()).not_valid_after_utc
print(f"until {ends:%Y-%m-%d}")
if ends - datetime.datetime.now(datetime.UTC) < datetime.timedelta(days=int(sys.argv[1])):
    sys.exit("docs/how-to/configure-tls.md")
' "$CERTIFICATE_DAYS"
}

# People and programs should each have a token of their own, in addition to the first admin token.
#   $1: function of the form for `token`
has_tokens() {
  local all
  all="$("$1" list)" || return 1
  [[ "$(grep -c 'usable' <<<"$all")" -gt 1 ]] && return 0
  echo "there is only the first admin token: ./appliance token create NAME makes one per submitter"
  return "$WARNING"
}

starts_at_boot() {
  if have systemctl && systemctl is-enabled --quiet decalogo.service 2>/dev/null; then return 0; fi
  echo "no systemd unit decalogo.service is enabled: docs/how-to/install.md"
  return "$WARNING"
}

prometheus_reaches_all() {
  local missing
  missing="$(compose exec -T prometheus promtool query instant http://prometheus-pages:9090/prometheus 'up == 0 unless max_over_time(up[1m]) == 1')" || return 1
  [[ -z "$missing" ]] && return 0
  printf '%s\n' "$missing"
  return 1
}

alerts_have_a_receiver() {
  local configuration
  configuration="$(compose exec -T alertmanager amtool --alertmanager.url=http://127.0.0.1:9093/alertmanager config show)" || return 1
  grep -qE 'webhook_configs|email_configs' <<<"$configuration" && return 0
  echo "no receiver is configured: docs/how-to/send-alerts.md"
  return "$WARNING"
}

no_alert_is_firing() {
  local firing
  firing="$(stack_alerts 2>/dev/null)" || return 1
  [[ -z "$firing" ]] && return 0
  printf '%s\n' "$firing"
  return "$WARNING"
}

profile_fits() {
  local name=""
  if [[ -r "$PROFILE_FILE" ]]; then name="$(cat "$PROFILE_FILE")"; fi
  name="${name:-$(fitting_profile)}"
  echo "$name on $(host_size)"
  [[ -z "$(too_large "$name")" ]] && return 0
  echo "$(too_large "$name"); the profile that fits is $(fitting_profile)"
  return "$WARNING"
}
