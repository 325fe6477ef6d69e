"""Taking documents in: from the request's bytes to files in the artifact store."""
