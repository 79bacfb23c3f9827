"""Metrics, logs, traces and stage timing."""
