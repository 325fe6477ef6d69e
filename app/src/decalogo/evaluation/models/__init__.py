"""Learned models that ship with the package, one file per rubric, with a model card each."""
