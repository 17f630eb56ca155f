"""`python -m msklite` is the `msklite` command."""

from msklite.cli.main import main

if __name__ == "__main__":
    main()
