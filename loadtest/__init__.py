"""The tuning matrix, proven row by row: ``./appliance loadtest`` (docs/how-to/load-test.md)."""
