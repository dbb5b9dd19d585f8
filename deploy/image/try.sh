#!/bin/bash
# Runs an image of build.sh as an engine would: its command as its user, PID 1 of its own, on a root
# that cannot be written, volumes at its volumes. Looks for secrets, builds an index in it, asks
# /healthz, /predict, /search and the page, and stops it. As root:
# try.sh STORE TAG FOLDER_WITH_PICTURES [PORT [SETTING=VALUE…]]
set -euo pipefail
store=$(realpath "$1") tag=$2 pictures=$(realpath "$3") port=${4:-8190} given=("${@:5}")
source "$(dirname "$(realpath "$0")")/buildah.sh"

container=$(build from --pull-never "localhost/$tag")
root=$(build mount "$container")
volumes=$(mktemp -d)
server=
init() { # the process that is PID 1 inside
  local process=$server
  while [[ $(ps -o comm= "$process") != tini ]]; do process=$(pgrep -P "$process"); done
  echo "$process"
}
end() {
  [[ -z $server ]] || kill "$(init)" || true
  wait || true
  build umount "$container" >/dev/null
  build rm "$container" >/dev/null
  rm -rf "$volumes"
}
trap end EXIT

configured() { # PYTHON: an expression of the image's configuration, a line an element
  build inspect --type image "localhost/$tag" | python3 -c "
import json, sys
config = json.load(sys.stdin)['Docker']['config']
print(*($1), sep='\n')"
}
mapfile -t environment < <(configured "config['Env']")
mapfile -t command < <(configured "[*config['Entrypoint'], *config['Cmd']]")
user=$(configured "[config['User']]")
mapfile -t mounts < <(configured "config['Volumes']")

inside() { # COMMAND…: in the image; settings come from the variables of `settings`
  unshare --mount --pid --fork --kill-child bash -euc '
    root=$1 volumes=$2 pictures=$3 user=$4; shift 4
    count=$1; shift
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t sysfs -o ro sysfs "$root/sys"
    for ((i = 0; i < count; i++)); do
      mkdir -p "$volumes$1"
      # A new volume has the owner and the mode of the folder under it.
      chown --reference "$root$1" "$volumes$1"; chmod --reference "$root$1" "$volumes$1"
      mount --bind "$volumes$1" "$root$1"
      shift
    done
    mount --bind "$pictures" "$root/mnt"
    mount -o remount,ro,bind "$root"
    exec chroot --userspec="$user" "$root" /usr/bin/env -i -C /app "$@"
  ' - "$root" "$volumes" "$pictures" "$user" "${#mounts[@]}" "${mounts[@]}" \
    "${environment[@]}" "${settings[@]}" "$@"
}

# Packages are those of the locks, by hash, and the base is not ours; what can leak is the rest.
secret='AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY|wdr_[A-Za-z0-9_-]{20}|gh[a-z]_[A-Za-z0-9]{30}'
secret+='|://(?!user:password@)[^/\s:@]+:[^/\s:@]+@'
found=$(
  build inspect --type image "localhost/$tag" | grep -P "$secret" || true
  cd "$root"
  LC_ALL=C grep -rlP "$secret" app etc root tmp usr/local usr/share/doc/wardrobe || true
  find app root tmp -name '.env*' -o -name .netrc -o -name .npmrc -o -name '*.key'
)
echo "what looks like a secret, in history, configuration and files: ${found:-nothing}"

settings=()
echo "user, and what it can write outside of its volumes:"
inside sh -c 'id; touch /app/x /usr/x /root/x /etc/x 2>&1 || true'
echo "index:"
inside wardrobe index /mnt --out indexes/tried

settings=(INDEX=indexes/tried PORT="$port" OPEN_READING=true OPEN_ON_PUBLIC_BIND=true "${given[@]}")
started=$(date +%s.%N)
inside "${command[@]}" > "$volumes/log" 2>&1 &
server=$!
for _ in $(seq 300); do
  ! curl --silent --fail --output /dev/null "localhost:$port/healthz" || break
  kill -0 "$server" || { cat "$volumes/log"; exit 1; }
  sleep 0.1
done
echo "healthy after $(date +%s.%N | awk -v started="$started" '{printf "%.1f", $1 - started}') s"

ask() {
  echo "$1:"
  shift
  curl --silent --show-error --write-out '\n%{http_code}\n' "$@" | cut -c 1-300
}
picture=$(find "$pictures" -type f -print -quit)
ask /healthz "localhost:$port/healthz"
ask /predict -F "files=@$picture" "localhost:$port/predict?top_k=2"
ask /search "localhost:$port/search?text=dress&top_k=2&min_relevance=0"
ask "/predict?explain=1" -F "files=@$picture" "localhost:$port/predict?explain=1&top_k=1"
ask / --output /dev/null "localhost:$port/"
script=$(curl --silent "localhost:$port/" | grep -o 'assets/index-[^"]*\.js')
ask "/$script" --head --header "Accept-Encoding: gzip" "localhost:$port/$script"
mapfile -t check < <(configured "config['Healthcheck']['Test'][1:]")
inside "${check[@]}" && echo "the image's health check: healthy"
echo "processes:"
ps -o pid,user,rss,args --ppid "$(init)"
kill -TERM "$(init)"
wait "$server" && echo "stopped: 0" || echo "stopped: $?"
server=
tail -3 "$volumes/log"
