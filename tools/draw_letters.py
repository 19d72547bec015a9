"""Draw the letters of the map's labels into this environment, so that the first map need not wait for them (run by `make env`)."""

from gridmap.ui.component import glyphs

if __name__ == "__main__":
    print(f"drew {glyphs.prepare()} ranges of letters in {glyphs.folder()}")
