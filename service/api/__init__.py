"""The HTTP API: routes, their parameters, shapes and errors."""
