"""``python -m syndicator``, and what the ``syndicator`` command runs."""

from syndicator.cli import main

if __name__ == "__main__":
    main()
