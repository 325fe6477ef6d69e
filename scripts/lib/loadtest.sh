# shellcheck shell=bash
# `./appliance loadtest`: rows of the load test matrix on an appliance of its own (Compose project decalogo-loadtest).

run_loadtest() {
  ensure_venv requirements-dev.lock
  if [[ " $* " != *" -h "* && " $* " != *" --help "* && " $* " != *" --again "* ]]; then
    if ! engine_answers || ! compose_answers; then
      fail "loadtest: the rows are containers with limits, which need an engine with Compose v2 (./appliance bootstrap)"
    fi
    pass_on_pip_index
    make_base_image
    step "Building images (fast if nothing changed)"
    quietly docker compose --project-directory "$ROOT" --file "$ROOT/compose.yaml" --file "$ROOT/loadtest/compose.yaml" \
      --profile loadtest --progress quiet build
  fi
  (cd "$ROOT" && PYTHONPATH="$ROOT" exec "$VENV/bin/python" -m loadtest "$@")
}
