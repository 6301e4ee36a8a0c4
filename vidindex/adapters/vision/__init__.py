"""Vision models: what is shown and said to Qwen2.5-VL, and where its checkpoints lie."""
