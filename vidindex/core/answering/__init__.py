"""Parse questions, and phrase answers and summaries.

Pure: `asked` reads a question, `answers` and `summaries` write sentences that each cite
events, `rephrase` checks what a model made of them. Searching is the pipelines' job.
"""
