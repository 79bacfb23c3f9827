"""The command `episode-search`: runs the indexer, the service, or a search in the terminal.

`app` declares the commands, `answers` gets JSON from a running service or a local snapshot, and
`tables` prints it as tables.
"""
