"""Run the command ``decalogo`` as ``python -m decalogo``."""

from decalogo.cli.main import main

if __name__ == "__main__":
    main()
