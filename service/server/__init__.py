"""Processes, connections, admission, rate limits and middleware."""
