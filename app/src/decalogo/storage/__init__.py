"""Artifact store: files of documents and results, local or through the remote-worker gateway."""
