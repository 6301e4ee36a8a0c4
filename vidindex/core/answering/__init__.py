"""Questions and answers in sentences: what was asked, where and when, and what may be said.

Pure: `asked` reads a question, `answers` and `summaries` write sentences that each cite
events, `rephrase` checks what a model made of them. Searching is the pipelines' job.
"""
