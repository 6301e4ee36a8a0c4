"""The place where people look: a page and a REST interface over `app`; decides nothing itself."""
