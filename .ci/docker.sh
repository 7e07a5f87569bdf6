#!/usr/bin/env bash
# Sourced by .ci/run: a Docker daemon for the tests of the docker engine, started here only when root and none answers.
# Where it cannot run, its tests are skipped with the reason.
start_docker() {
    timeout 20 docker info >/dev/null 2>&1 && return 0 # somebody's own, which stays
    command -v dockerd >/dev/null || return 0
    docker_log=$(mktemp)
    setsid dockerd >"$docker_log" 2>&1 &
    dockerd=$!
    for _ in $(seq 100); do
        timeout 20 docker info >/dev/null 2>&1 && return 0
        kill -0 "$dockerd" 2>/dev/null || break
        sleep 0.2
    done
    echo "no Docker daemon here, its tests are skipped: $(tail -n 1 "$docker_log")" >&2
    stop_docker
}

stop_docker() { # only the one that was started here, and its containerd with it
    [ -n "${dockerd:-}" ] || return 0
    kill "$dockerd" 2>/dev/null || true
    for _ in $(seq 75); do
        kill -0 "$dockerd" 2>/dev/null || break
        sleep 0.2
    done
    rm -f "$docker_log"
    dockerd=
}
