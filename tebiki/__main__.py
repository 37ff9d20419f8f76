"""`python -m tebiki` is the command line."""

from tebiki.command_line import main

if __name__ == "__main__":
    main()
