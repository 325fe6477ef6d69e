"""Load tests of the sizing profiles: ``./appliance loadtest`` (docs/how-to/load-test.md)."""
