"""DECALOGO: batches of documents judged against a rubric, with quoted evidence."""

from importlib.metadata import version

__version__ = version("decalogo")
