"""The C reader, for the tests that hold it to Python."""

import os

import pytest

from decalogo.evaluation.pdf import build, native


@pytest.fixture(scope="session")
def built_reader():
    """Build the reader where it is not; a machine without a compiler skips, the appliance's checks do not."""
    if native.library() is None:
        if build.compiler() is None and not os.environ.get("CI"):
            pytest.skip("no C compiler here")
        build.build(build.compiler())
        native.library.cache_clear()
    assert native.library() is not None
