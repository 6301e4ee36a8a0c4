"""The small Qwen2.5-VL and dual encoder that come with vidindex, and their training."""
