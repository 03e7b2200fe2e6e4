"""Forms of the staff pages of rounds."""
