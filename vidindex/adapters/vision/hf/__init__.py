"""Run Qwen2.5-VL in process through transformers."""
