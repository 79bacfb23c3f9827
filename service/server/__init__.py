"""Worker processes, connections, admission, rate limits and middleware."""
