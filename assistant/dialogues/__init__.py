"""Guided modes: definitions read and checked, the engine that leads through them, scores, advice, reports.

definitions  TOML → Dialogue; a broken file is named with line and key, the others still run
conditions   when something holds, and numbers that follow from replies
replies      what people write → values („1 200,50 zł”, „15 marca”)
engine       next step, reply, edit, progress; pure functions over frozen values
scoring      dimensions, bands, comparison, agreement of many
wording      replies in words, and words with replies in them
agendas      clock times
checking     the linter
"""
