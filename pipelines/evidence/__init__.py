"""Pack evidence: originals, manifest and answer sheet."""
