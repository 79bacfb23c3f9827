"""Online service: answers questions over HTTP from a snapshot, without torch.

A request passes `server` (connections, admission, keys), `api` (routes and shapes) and `search`
(ranking and evidence). `snapshots` says which snapshot answers, `telemetry` what operators see, and
`cli` is the command. ARCHITECTURE.md says what each module does.
"""
