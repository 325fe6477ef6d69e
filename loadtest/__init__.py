"""The tuning matrix, proven row by row: ``./appliance loadtest`` (docs/tuning.md)."""
