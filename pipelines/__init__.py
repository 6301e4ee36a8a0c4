"""The verbs: ingest, search, verify, export. They see ports and the store, never an adapter."""
