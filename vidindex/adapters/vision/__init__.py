"""Run vision models: prompts and frames for Qwen-VL, in process or over HTTP."""
