"""Qwen inputs: chat template, patches, positions, grammar."""
