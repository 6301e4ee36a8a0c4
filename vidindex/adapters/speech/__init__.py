"""Transcribe speech to words with times: by faster-whisper here, or by an endpoint."""
