"""`python -m stillwatch`: the same commands as `stillwatch`."""

from stillwatch.app.cli import main

if __name__ == "__main__":
    main()
