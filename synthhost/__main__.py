"""``python -m synthhost``."""

from synthhost.control.cli import main

if __name__ == "__main__":
    main()
