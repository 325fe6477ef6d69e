"""Routes, one module per resource: each parses the request, calls a service and returns the answer."""
