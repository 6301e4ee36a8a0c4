"""Run vision models in process through vLLM."""
