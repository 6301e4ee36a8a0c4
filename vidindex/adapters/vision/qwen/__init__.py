"""Qwen2.5-VL inputs: chat template, patches, positions, grammar."""
