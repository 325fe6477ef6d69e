"""What runs inside locust: no import of anything but locust and the standard library."""
