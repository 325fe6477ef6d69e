"""The HTTP interface: routes, authentication, uploads, problem answers."""
