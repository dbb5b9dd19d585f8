# Sourced: buildah without an engine, with everything it keeps in $store.
build() {
  buildah --root "$store/storage" --runroot "$store/run" --storage-driver vfs "$@"
}
