"""Find moments and verify them against the frames."""
