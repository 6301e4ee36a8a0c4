"""Probe, fingerprint, cut and convert media files; read their subtitles."""
