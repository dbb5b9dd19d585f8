#!/bin/bash
# Base images where no registry is at hand: Debian 12 by debootstrap, with its Python, and with this
# machine's Node. As root: bases.sh STORE; afterwards `build.sh STORE TAG` builds on them. WHEELS is
# a folder of wheels that pip finds links in.
set -euo pipefail
store=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
source "$here/buildah.sh"

debian=$store/debian
if [[ ! -x $debian/usr/bin/python3 ]]; then
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm "$debian"
fi
rm -rf "$debian"/var/cache/apt/* "$debian"/var/lib/apt/lists/* "$debian"/var/log/*
# What this machine trusts, in place of Debian's; it does not reach the layers that are ours.
cp /etc/ssl/certs/ca-certificates.crt "$debian/etc/ssl/certs/ca-certificates.crt"
printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\nfind-links = %s\n' "${WHEELS:-}" \
  > "$debian/etc/pip.conf"

import() { # NAME FOLDER [COMMAND…]: makes an image of a folder
  local container
  container=$(build from scratch)
  build add --quiet "$container" "$2" / >/dev/null
  build config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  [[ -z ${3:-} ]] || build add --quiet "$container" "$3" /usr/bin/ >/dev/null
  [[ -z ${4:-} ]] || build add --quiet "$container" "$4" /usr/lib/node_modules/ >/dev/null
  if [[ -n ${4:-} ]]; then
    build run --isolation chroot "$container" -- \
      ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/bin/npm
    build config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$container"
  fi
  build commit --quiet --timestamp 0 --rm "$container" "$1" >/dev/null
}

import base-python "$debian"
import base-node "$debian" "$(realpath "$(command -v node)")" /usr/lib/node_modules
