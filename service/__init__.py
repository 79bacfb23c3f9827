"""Online service: answers questions over HTTP from a snapshot, without torch.

A request passes `server` (connections, admission, keys), `api` (routes and schemas) and `search`
(ranking and evidence). `snapshots` opens the snapshot in force and swaps it, `telemetry` has
metrics, logs and traces, and `cli` is the command `episode-search`. ARCHITECTURE.md describes each
folder.
"""
