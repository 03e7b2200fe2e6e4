"""Reports: files made from a published or scored run, kept with their fingerprint."""
