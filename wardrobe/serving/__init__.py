"""The HTTP service: `create_app`, routes, schemas, batcher, cache and telemetry."""
