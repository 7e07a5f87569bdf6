"""New names by seed: the words of the old one with others of like meaning, in the same style."""

import re
from collections.abc import Iterable

from codingagentbench.mutation.draw import pick, shuffled

_THESAURUS = """
account ledger holding wallet
amount sum quantity figure
attempt try trial round
attempts tries trials rounds
base ground stem origin
before prior earlier former
bucket basket pail tank
buffer store reserve holding
cache keep shelf store
capacity room space extent
char letter glyph symbol
check test verify inspect
clean tidy scrubbed neat
column field lane strip
current present ongoing live
date day_of moment instant
depth level layer rank
dry rehearsed mock_run pretend
element member part piece
emit announce raise_event publish
empty blank vacant bare
error fault failure mistake
event notice occasion happening
every each stride interval
field column slot cell
fields columns slots cells
find seek locate discover
folder directory place location
found seen met spotted
handler responder worker taker
index place position rank
item member piece element
items members pieces elements
job chore piece_of_work duty
jobs chores duties works
keep retain hold preserve
key tag label handle
last final closing latest
left near_side former minor
length extent span reach
level rank tier grade
limit cap ceiling bound
listener observer watcher hearer
load fetch obtain draw
longer lengthier larger bigger
map convert turn project
merge combine unite blend
month moon calendar_month period
most greatest utmost peak
moved shifted carried passed
name title label caption
next following coming later
number figure numeral amount
old former earlier prior
parse read_words interpret understand
path route way trail
pending waiting outstanding open_ones
piece part bit share
prefix lead opening head_part
queue line_up backlog row
range interval stretch band
ranges intervals stretches bands
reader scanner taker source_of
report account statement summary
result outcome answer product
retry repeat again attempt_again
reverse flip turn_round invert
right far_side latter major
ring circle loop wheel
rule law pattern norm
size extent measure magnitude
source origin supply spring
split part cut divide
start beginning opening outset
step stride pace leap
store keep stash deposit
sum total_of add_up tally
target goal aim destination
task chore duty errand
text wording script passage
token coin chip ticket
tokens coins chips tickets
total whole overall grand
transfer move_over remit convey
value worth content datum
values worths contents data_points
wait pause hold_on linger
word term expression phrase
words terms expressions phrases
worker helper hand agent_of
""".strip().splitlines()
_MEANINGS = {line.split()[0]: tuple(line.split()[1:]) for line in _THESAURUS}
_BESIDE = (
    *("given", "own", "plain", "inner", "known", "local", "actual", "proper", "main", "single"),
    *("fresh", "usual", "former", "exact", "direct", "common"),
)
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+")


def new_name(seed: str, name: str, taken: Iterable[str]) -> str:
    """A name like `name` that is not in `taken`: snake, camel, Pascal or capitals, leading underscores kept."""
    used = set(taken)
    for candidate in _candidates(seed, name):
        if candidate not in used:
            return candidate
    number = 2
    while f"{name}{number}" in used:
        number += 1
    return f"{name}{number}"


def _candidates(seed: str, name: str) -> list[str]:
    words = [word.lower() for word in _PARTS.findall(name)]
    changed = [pick(seed, _MEANINGS.get(w, (w,)), "word", name, w).replace("_", " ") for w in words]
    found = [" ".join(changed).split()] if changed != words else []
    found += [[beside, *" ".join(changed).split()] for beside in shuffled(seed, _BESIDE, "beside", name)]
    return [_styled(name, parts) for parts in found]


def _styled(like: str, words: list[str]) -> str:
    bare = like.strip("_")
    lead, trail = (like[: like.index(bare)], like[like.index(bare) + len(bare) :]) if bare else (like, "")
    if bare.isupper() and len(bare) > 1:
        styled = "_".join(words).upper()
    elif bare[:1].isupper():
        styled = "".join(w.capitalize() for w in words)
    elif "_" not in bare and any(c.isupper() for c in bare):
        styled = words[0] + "".join(w.capitalize() for w in words[1:])
    else:
        styled = "_".join(words)
    return lead + styled + trail
