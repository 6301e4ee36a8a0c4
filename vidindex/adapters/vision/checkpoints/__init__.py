"""Find, describe and load Qwen-VL checkpoints."""
