"""Wall clocks, source timecode, recordings and their gaps."""
