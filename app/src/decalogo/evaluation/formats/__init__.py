"""Readers of the formats other than PDF. Each returns a ``Reading``; ``evaluation/extract.py`` registers it."""
