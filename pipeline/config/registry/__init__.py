"""Where images are kept: as it may be written, as the stacks get it, and what is wrong with it."""
