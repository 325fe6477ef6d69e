"""``python -m decalogo``: the same command as ``decalogo``, for processes that know their interpreter only."""

from decalogo.cli.main import app

if __name__ == "__main__":
    app(prog_name="decalogo")
