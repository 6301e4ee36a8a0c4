"""Run the use cases: ingest, search, verify, export. They use ports and the store."""
