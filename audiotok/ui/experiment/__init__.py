"""The experiment's page, and what it asks of the server."""
