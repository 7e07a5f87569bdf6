#!/usr/bin/env bash
# Sourced by .ci/run: a Docker daemon for the tests of the docker engine, started here only when root and none answers.
# Where it cannot run, its tests are skipped with the reason.
start_docker() {
    docker info >/dev/null 2>&1 && return 0
    command -v dockerd >/dev/null || return 0
    log=$(mktemp)
    setsid dockerd >"$log" 2>&1 &
    dockerd=$!
    for _ in $(seq 100); do
        docker info >/dev/null 2>&1 && return 0
        kill -0 "$dockerd" 2>/dev/null || break
        sleep 0.2
    done
    echo "no Docker daemon here, its tests are skipped: $(tail -n 1 "$log")" >&2
}

stop_docker() { # only the one that was started here
    [ -z "${dockerd:-}" ] || kill "$dockerd" 2>/dev/null || true
}
