#!/usr/bin/env bash
# Makes a private nginx out of a configuration of this directory: own port, own sockets, own prefix, the calling user.
#
#   deploy/nginx/render.sh lockstep.conf DIRECTORY PORT WORKERS
#   deploy/nginx/render.sh seed.conf     DIRECTORY PORT
#
# Writes DIRECTORY/nginx.conf and DIRECTORY/conf.d/. Workers are expected on DIRECTORY/worker-N.sock (from 0), or on DIRECTORY/server.sock.
# Start it with: nginx -p DIRECTORY -c DIRECTORY/nginx.conf
set -euo pipefail

if [ $# -lt 3 ]; then
  echo "usage: render.sh lockstep.conf|seed.conf DIRECTORY PORT [WORKERS]" >&2
  exit 2
fi
source_conf=$(cd "$(dirname "$0")" && pwd)/$1
directory=$(cd "$2" && pwd)
port=$3
workers=${4:-1}

mkdir -p "$directory/conf.d"

# Every block of `server unix:` lines becomes one line a worker.
awk -v workers="$workers" '
  /^ *server unix:.*worker-[0-9]+\.sock/ {
    if (!written) for (n = 0; n < workers; n++) { line = $0; sub(/worker-[0-9]+/, "worker-" n, line); print line }
    written = 1
    next
  }
  { written = 0; print }
' "$source_conf" |
  sed -e "s#listen 80;#listen 127.0.0.1:$port;#" \
    -e "s#/run/lockstep/#$directory/#g" \
    -e "s#/var/log/nginx/lockstep.log#$directory/access.log#" \
    -e "s#include proxy_params#include /etc/nginx/proxy_params#" \
    >"$directory/conf.d/$1"

# Only root may and must name the user that serves.
user=""
[ "$(id -u)" -ne 0 ] || user="user root;"

cat >"$directory/nginx.conf" <<CONF
$user
daemon off;
worker_processes 2;
worker_rlimit_nofile 8192;
pid $directory/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path $directory/nginx-body;
    proxy_temp_path $directory/nginx-proxy;
    fastcgi_temp_path $directory/nginx-fastcgi;
    uwsgi_temp_path $directory/nginx-uwsgi;
    scgi_temp_path $directory/nginx-scgi;
    include $directory/conf.d/*.conf;
}
CONF
