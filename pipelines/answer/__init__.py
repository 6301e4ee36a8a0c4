"""Answer questions about footage with cited events."""
