"""The Model Context Protocol: search as tools of an agent, over HTTP at /mcp and over stdio.

`server` declares tools, resources and the prompt, `results` their shapes, and `endpoint` serves
them in the application. All of them ask through the client, so an agent gets what everyone gets.
"""
