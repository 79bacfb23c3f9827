"""The HTTP API: routes, parameters, schemas and errors."""
