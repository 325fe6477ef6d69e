"""Autoscaler: a scaling policy, the loop that applies it, and the Docker socket proxy."""
