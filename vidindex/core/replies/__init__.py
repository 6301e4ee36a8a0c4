"""Parse model replies into events, answers and boxes."""
