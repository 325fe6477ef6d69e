"""DECALOGO: batch evaluation of documents against a rubric, with quoted evidence."""


def __getattr__(name: str) -> str:
    """Look the version up when somebody asks: it takes a command longer than all else it imports at its start."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("decalogo")
