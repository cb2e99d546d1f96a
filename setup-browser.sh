#!/usr/bin/env bash
# Installs what the browser and SDK tests need besides Python, from Debian's packages: Chromium, fonts, Node.js with npm.
# Does nothing where it is there already. `./run setup --browser` calls it.
set -euo pipefail

say() { printf '%s\n' "▸ $*"; }
fail() { printf '%s\n' "✗ $*" >&2; exit 1; }

chromium() {
  local name
  for name in ${CHROMIUM:-chromium chromium-browser google-chrome google-chrome-stable}; do
    command -v "$name" 2>/dev/null && return 0
  done
  return 1
}

has_fonts() { command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list 2>/dev/null)" ]; }

wanted=()
chromium >/dev/null || wanted+=(chromium)
has_fonts || wanted+=(fontconfig fonts-liberation fonts-dejavu-core)
command -v node >/dev/null 2>&1 || wanted+=(nodejs)
command -v npm >/dev/null 2>&1 || wanted+=(npm)

if [ ${#wanted[@]} -eq 0 ]; then
  say "browser tests: $(chromium), node $(node --version) and fonts are there"
  exit 0
fi

packages="${wanted[*]}"
by_hand="Debian and Ubuntu: apt-get install $packages. Elsewhere: install Chromium or Chrome (name it in CHROMIUM if it \
is not on PATH) and Node.js with npm. Without them the browser tests are skipped."
command -v apt-get >/dev/null 2>&1 || fail "Missing here: $packages, and there is no apt-get. $by_hand"
root=()
if [ "$(id -u)" != 0 ]; then
  sudo -n true 2>/dev/null || fail "Missing here: $packages; only root may install them, and sudo asks for a password. \
Run as root: apt-get install $packages. Without them the browser tests are skipped."
  root=(sudo -n)
fi

say "installing $packages with apt-get (Debian's packages, a few minutes)"
"${root[@]}" apt-get update -q >/dev/null || fail "apt-get update failed; its lines above say why."
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages >/dev/null ||
  fail "apt-get could not install $packages; its lines above say why. $by_hand"
chromium >/dev/null || fail "apt-get ended well, but no Chromium is on PATH (Ubuntu's package needs snap): install \
Google Chrome, or name a browser in CHROMIUM."
say "browser tests: ready, with $(chromium) and node $(node --version)"
