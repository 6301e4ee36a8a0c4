"""The small Qwen2.5-VL that comes with vidindex: its weights and their training."""
