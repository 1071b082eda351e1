#!/usr/bin/env bash
# deps.sh postgresql|chromium...: makes sure that what the tests start is on this machine. What is missing is installed by apt
# where that is possible without a password; elsewhere this says what to install, and fails.
set -euo pipefail

have_postgresql() {
  local dir
  command -v initdb >/dev/null && command -v postgres >/dev/null && return
  # Where localpg looks as well.
  for dir in "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
    /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
    /Applications/Postgres.app/Contents/Versions/*/bin /usr/local/pgsql/bin; do
    [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && return
  done
  return 1
}

have_chromium() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable headless-shell; do
    command -v "$name" >/dev/null && return
  done
  [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] || [ -x "/Applications/Chromium.app/Contents/MacOS/Chromium" ]
}

missing() {
  local name
  for name in "$@"; do
    "have_$name" || echo "$name"
  done
}

# Names are what apt calls them on Debian. (Ubuntu's chromium package is a shell around a snap, which needs snapd.)
wanted=$(missing "$@")
[ -z "$wanted" ] && exit 0

apt() {
  if [ "$(id -u)" -eq 0 ]; then env DEBIAN_FRONTEND=noninteractive apt-get "$@"; else sudo -n env DEBIAN_FRONTEND=noninteractive apt-get "$@"; fi
}
if command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }; then
  echo "installing with apt-get:" $wanted
  # A failure is told below, in words that help.
  apt update -qq && apt install -y -qq --no-install-recommends $wanted || true
  wanted=$(missing "$@")
  [ -z "$wanted" ] && exit 0
fi

{
  echo "The tests need what this machine does not have:" $wanted
  for name in $wanted; do
    case $name in
      postgresql) echo "  PostgreSQL 14 or newer, its server programs: apt-get install postgresql, dnf install postgresql-server, brew install postgresql@17" ;;
      chromium) echo "  Chromium or Google Chrome: apt-get install chromium, dnf install chromium, brew install --cask chromium" ;;
    esac
  done
} >&2
exit 1
