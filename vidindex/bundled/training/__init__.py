"""Train the bundled model on generated clips."""
