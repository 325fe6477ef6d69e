"""Readers of the formats other than PDF."""
