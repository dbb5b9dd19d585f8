"""Benchmarks: they measure the running product and keep what they measured as JSON."""
