"""`python -m thingpost` is the command `thingpost`."""

from thingpost.cli import main

if __name__ == "__main__":
    main(prog_name="thingpost")
