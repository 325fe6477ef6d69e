"""The HTTP API: routes, authentication, rate limits, uploads, problem documents."""
