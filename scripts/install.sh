#!/usr/bin/env bash
# Installs what this tree needs on Debian or Ubuntu. What is there already is left as it is.
#
#   scripts/install.sh run        packages of the front end; says what is missing to compile
#   scripts/install.sh cluster    the same, and redis-server and nginx
#   scripts/install.sh test       the same, and postgresql, chromium, the foreign clients of the tests and the benchmark's peer
#
# System packages come from apt, with sudo when not root. No service is started or enabled by this: the tests start their own.
set -euo pipefail
cd "$(dirname "$0")/.."

# Oldest versions that will do. Node 20 brings the test runner that the pages' suites use.
readonly NODE_MAJOR=20

main() {
  case "${1:-}" in
    run) toolchains ;;
    cluster) toolchains; system_packages redis-server:redis-server nginx:nginx setpriv:util-linux ;;
    test)
      toolchains
      system_packages redis-server:redis-server nginx:nginx setpriv:util-linux taskset:util-linux python3:python3 \
        "$(chromium_name)" fc-list:fontconfig faketime:faketime
      shell_of_chromium
      postgres
      fonts
      foreign_clients
      ;;
    *) die "usage: scripts/install.sh run|cluster|test" ;;
  esac
  npm_packages .
}

# Rust and Node are the two things a newcomer brings; a C compiler and its friends come with apt.
toolchains() {
  command -v cargo >/dev/null || die "cargo is missing: install Rust 1.94 or newer, see https://rustup.rs"
  command -v npm >/dev/null || die "npm is missing: install Node ${NODE_MAJOR} or newer, see https://nodejs.org"
  local major
  major=$(node --print 'process.versions.node.split(".")[0]')
  [ "$major" -ge "$NODE_MAJOR" ] || die "node $(node --version) is too old: ${NODE_MAJOR} or newer is needed"
  system_packages cc:build-essential
}

# Takes command:package pairs; installs the packages whose command is not there.
system_packages() {
  local pair missing=()
  for pair in "$@"; do
    have "${pair%%:*}" || missing+=("${pair#*:}")
  done
  [ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
}

# Debian calls it chromium; on Ubuntu the package of that name is a shell for a snap, and any Chrome will do.
chromium_name() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if have "$name"; then
      echo "$name:$name"
      return
    fi
  done
  echo chromium:chromium
}

# The same browser without windows: the tests are quicker with it and do without it where apt has no such package.
shell_of_chromium() {
  have chromium-headless-shell || ! apt-cache show chromium-headless-shell >/dev/null 2>&1 || apt_install chromium-headless-shell
}

# Debian keeps the server's programs where no PATH leads. Its package makes a database cluster of its own at once; the tests make theirs,
# so while it is installed it is told not to.
postgres() {
  local programs config=/etc/postgresql-common/createcluster.d/lockstep.conf sudo
  have initdb && return
  for programs in /usr/lib/postgresql/*/bin; do
    [ -x "$programs/initdb" ] && return
  done
  sudo=$(as_root postgresql)
  $sudo mkdir -p "${config%/*}"
  echo 'create_main_cluster = false' | $sudo tee "$config" >/dev/null
  apt_install postgresql
  $sudo rm -f "$config"
}

# Pages are looked at by the tests; without any font they are blank.
fonts() {
  [ -n "$(fc-list 2>/dev/null | head -n 1)" ] || apt_install fonts-dejavu-core
}

# python-socketio and what our own Python client is tested with in an environment of their own, socket.io and its client for Node beside their
# scripts, two Reacts beside our package.
foreign_clients() {
  npm_packages crates/e2e/peers/node
  npm_packages clients/react
  local venv=target/venv requirements=crates/e2e/peers/python/requirements.txt
  if [ -x "$venv/bin/python" ] && cmp -s "$requirements" "$venv/installed.txt"; then
    return
  fi
  rm -rf "$venv"
  mkdir -p target
  if ! python3 -m venv "$venv" >/dev/null 2>&1; then
    rm -rf "$venv"
    apt_install python3-venv
    python3 -m venv "$venv"
  fi
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
  cp "$requirements" "$venv/installed.txt"
}

# Exactly what the lock file says, without running anybody's install scripts; only when the lock file is newer than what is there.
npm_packages() {
  [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] && return
  npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error
  touch "$1/node_modules/.package-lock.json"
}

apt_install() {
  command -v apt-get >/dev/null || die "please install: $* (this script knows only apt)"
  local sudo
  sudo=$(as_root "$@")
  echo "installing: $*"
  without_services "$sudo" "$@"
}

# What to put before a command that root must run, to install these packages.
as_root() {
  [ "$(id -u)" -eq 0 ] && return
  command -v sudo >/dev/null || die "please install as root: apt-get install $*"
  echo sudo
}

# Debian's packages start and enable their daemons. A policy in the way of that while they are installed keeps them from starting now,
# disabling what was not there before keeps them from starting at the next boot. Whatever existed before is not touched.
without_services() {
  local sudo=$1 policy=/usr/sbin/policy-rc.d package fresh=()
  shift
  for package in "$@"; do
    dpkg --status "$package" >/dev/null 2>&1 || fresh+=("$package")
  done
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod 755 "$policy"
    # shellcheck disable=SC2064 # the values of now are meant
    trap "$sudo rm -f $policy" EXIT
  fi
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 update
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 install --no-install-recommends "$@" >/dev/null
  for package in "${fresh[@]}"; do
    case "$package" in
      redis-server | nginx | postgresql) $sudo systemctl disable --quiet "$package" >/dev/null 2>&1 || true ;;
    esac
  done
  if [ -n "$(trap -p EXIT)" ]; then
    $sudo rm -f "$policy"
    trap - EXIT
  fi
}

# Daemons live in sbin, which a user's PATH may lack.
have() {
  PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1
}

die() {
  echo "install: $*" >&2
  exit 1
}

main "$@"
