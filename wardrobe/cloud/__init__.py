"""Artefacts in S3 and services on ECS; the only place that knows AWS."""
