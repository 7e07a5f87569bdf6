"""The way of a cell, one module a step: prepare, launch, agent, collect, grade, score, seal; cell.py walks it."""
