"""CAB's own test runners, seen by the grading sandbox as {graders}; standard library only."""
