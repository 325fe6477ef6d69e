"""Where documents and results live as files."""
