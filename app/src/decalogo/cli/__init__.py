"""The `decalogo` command."""
