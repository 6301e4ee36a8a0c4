"""Run vision models in process through transformers."""
