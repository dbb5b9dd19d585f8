# Sourced: buildah without an engine, with everything it keeps in $store. STORAGE_DRIVER=vfs where the
# kernel mounts no overlay: it copies the whole image at every step, 60 GB in all.
driver=${STORAGE_DRIVER:-overlay}
build() {
  buildah --root "$store/storage" --runroot "$store/run" --storage-driver "$driver" "$@"
}
