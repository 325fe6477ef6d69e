"""The console: server-rendered pages for people with a browser, over the same services as the API routes."""
