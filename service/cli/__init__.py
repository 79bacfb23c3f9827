"""The command `episode-search`: one entry to the indexer, the service and a search in a terminal.

`app` declares the commands, `answers` gets JSON from a running service or a local snapshot, and
`tables` prints it for people.
"""
