"""Run evaluation presets and calibrate scores."""
