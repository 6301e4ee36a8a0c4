"""Turn text read in frames into events and running clocks."""
