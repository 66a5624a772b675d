#!/usr/bin/env bash
# A whole cluster on this machine, for looking at: Redis on a private unix socket, three workers on unix sockets, nginx in front.
#
#   scripts/cluster.sh [LOCKSTEP]      the binary; target/release/lockstep by default
#
#   PORT=8088        where nginx listens on 127.0.0.1
#   WORKERS=3        how many workers
#   DIRECTORY=…      keep everything there; by default in a temporary directory that is removed at the end
#
# Ctrl+C ends all of it. Nothing of the system's own Redis or nginx is used or touched.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:/sbin"

lockstep=$(realpath "${1:-target/release/lockstep}")
port=${PORT:-8088}
workers=${WORKERS:-3}
password=""
pids=()

main() {
  [ -x "$lockstep" ] || die "$lockstep is not there; run \`make cluster\`, which builds it first"
  ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || die "port $port is taken; PORT=8099 make cluster takes another one"
  directory
  trap stop EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM

  # What was to end with this script must not see Ctrl+C itself: it would end in any order and complain about the others.
  start redis redis-server --port 0 --save "" --appendonly no --unixsocket "$dir/redis.sock" --unixsocketperm 700 --dir "$dir"
  configure
  people
  start lockstep "$lockstep" serve --config "$dir/config.ini"
  deploy/nginx/render.sh lockstep.conf "$dir" "$port" "$workers"
  start nginx nginx -p "$dir" -c "$dir/nginx.conf"
  wait_ready
  invite

  # The first part that ends by itself ends the rest.
  wait -n "${pids[@]}" || true
  tail -n 20 "$dir"/*.log >&2
  die "a part of the cluster ended; its last lines are above"
}

directory() {
  dir=${DIRECTORY:-}
  temporary=""
  if [ -z "$dir" ]; then
    dir=$(mktemp -d "${TMPDIR:-/tmp}/lockstep-cluster.XXXXXX")
    temporary=yes
  fi
  mkdir -p "$dir"
  dir=$(realpath "$dir")
}

configure() {
  cat >"$dir/config.ini" <<CONFIG
[server]
listen = unix:$dir/worker-{n}.sock
workers = $workers
data_dir = $dir/data

[redis]
socket = $dir/redis.sock
CONFIG
}

# An administrator with a password of this cluster alone, and sample data; both only the first time.
people() {
  [ ! -e "$dir/password" ] || { password=$(cat "$dir/password"); return 0; }
  password=$(head -c 9 /dev/urandom | base64 | tr '+/' 'ab')
  printf '%s' "$password" | prepare user add admin --admin --password-stdin
  prepare demo-data
  (umask 077 && printf '%s' "$password" >"$dir/password")
}

# One command on the data, quiet unless it fails.
prepare() {
  "$lockstep" "$@" --config "$dir/config.ini" >"$dir/prepare.log" 2>&1 || { cat "$dir/prepare.log" >&2; die "lockstep $1 failed"; }
}

# Starts a part in a process group of its own, its output in a file; the kernel ends it should this script be killed.
start() {
  local name=$1
  shift
  setsid setpriv --pdeathsig TERM -- "$@" >"$dir/$name.log" 2>&1 &
  pids+=($!)
}

wait_ready() {
  local tries
  for tries in $(seq 200); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && ready; then return 0; fi
    all_alive || break
    sleep 0.1
  done
  tail -n 20 "$dir"/*.log >&2
  die "the cluster did not become ready; the last lines of its logs are above"
}

all_alive() {
  local pid
  for pid in "${pids[@]}"; do
    kill -0 "$pid" 2>/dev/null || return 1
  done
}

# One plain request through nginx, without needing curl.
ready() {
  local status
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&3
  read -r -t 5 _ status _ <&3 || status=none
  exec 3<&- 3>&-
  [ "$status" = 200 ]
}

invite() {
  cat <<TEXT

  Lockstep runs with $workers workers behind nginx: http://127.0.0.1:$port
  Sign in as admin with the password $password
  Open two windows, change a category in one, and look at the other.

  Logs and data: $dir
  Ctrl+C ends all of it.

TEXT
}

# In the order of dependence: nobody is left without what it needs.
stop() {
  local status=$? index
  trap - EXIT
  trap '' INT TERM
  for ((index = ${#pids[@]} - 1; index >= 0; index--)); do
    end "${pids[$index]}"
  done
  [ -z "$temporary" ] || rm -rf "$dir"
  exit "$status"
}

# SIGTERM, and SIGKILL to the whole group when that has not helped for 25 seconds, which is more than a drain takes.
end() {
  local tries
  kill -TERM "$1" 2>/dev/null || return 0
  for tries in $(seq 250); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL -- "-$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

die() {
  echo "cluster: $*" >&2
  exit 1
}

main
