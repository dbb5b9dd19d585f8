#!/bin/bash
# Builds the Dockerfile by buildah on the images of bases.sh, without an engine or a registry, and
# prints the size of each layer and the time. As root: build.sh STORE TAG [BUILDAH'S ARGUMENTS…]
#
#   deploy/image/build.sh /tmp/store wardrobe --build-arg DEPENDENCIES=full
#
# TORCH_INDEX, PIP_INDEX_URL and NPM_REGISTRY of the environment are build arguments; WHEELS is a
# folder of wheels that pip finds links in, mounted while it builds.
set -euo pipefail
store=$(realpath "$1") tag=$2
shift 2
here=$(dirname "$(realpath "$0")")
source "$here/buildah.sh"

arguments=(--build-arg PYTHON_IMAGE=localhost/base-python --build-arg NODE_IMAGE=localhost/base-node)
for name in TORCH_INDEX PIP_INDEX_URL NPM_REGISTRY; do
  [[ -z ${!name:-} ]] || arguments+=(--build-arg "$name=${!name}")
done
[[ -z ${WHEELS:-} ]] || arguments+=(--volume "$WHEELS:$WHEELS:ro")

started=$SECONDS
# buildah 1.28 takes a stage that is named by an argument for unused: all are built, web on Debian.
build bud --isolation chroot --network host --layers --timestamp 0 --pull-never --format docker \
  --skip-unused-stages=false --build-arg NGINX_IMAGE=localhost/base-python \
  "${arguments[@]}" "$@" --tag "$tag" "$here/../.."
echo "built in $((SECONDS - started)) s"
build inspect --type image "$tag" | python3 "$here/layers.py" "$store/storage" "$driver"
