"""Pictures of every page, from the URL conf."""
