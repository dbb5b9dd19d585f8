#!/bin/bash
# Waits until the server, which is the process that started this, is healthy, then prints where the
# page is and two calls that work.
# Usage: announce.sh FOLDER_WITH_A_PICTURE & exec SERVER
url="http://localhost:$PORT"
picture=$(find "$1" -type f \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' -o -iname '*.webp' \) \
  -print 2>/dev/null | sort | head -n 1)
while kill -0 "$PPID" 2>/dev/null; do
  if curl --silent --fail --output /dev/null "$url/healthz"; then
    printf '\nWardrobe is ready. Open the page: %s\n\n' "$url"
    printf "  curl '%s/search?text=red+dress&top_k=5'\n" "$url"
    printf "  curl -F image=@'%s' '%s/search?top_k=5'\n\n" "$picture" "$url"
    exit 0
  fi
  sleep 0.2
done
