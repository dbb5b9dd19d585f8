"""One module a source of data; each has `read(source, root, …)`, which gives a manifest."""
