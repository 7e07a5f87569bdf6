"""The prompt of a mutant: what was asked for when the code was written, and that it no longer holds."""

from codingagentbench.mutation.draw import pick, shuffled

_OPENINGS = (
    "The ticket below was done and closed. Since the last change to `{path}` the code no longer keeps to it.",
    "`{path}` was right once: it did all that this ticket, closed since, asked for. A later edit broke it.",
    "Somebody touched `{path}` last week, and what had been built after this ticket no longer works:",
    "A regression has come into `{path}`. What the code has to do stands in this ticket, which had been carried out:",
    "Our release is held up: `{path}` no longer behaves as it did when this ticket was closed.",
    "While merging, one place of `{path}` was changed by mistake. The code had been finished after this ticket:",
)
_SYMPTOMS = (
    "Seen by {who}: what our checks call {checks} no longer holds.",
    "{who} reports that {checks} went red and that nothing else was looked at.",
    "The nightly run, says {who}, lists {checks} among what fails.",
    "{who} noticed it first at {checks}.",
)
_CLOSINGS = (
    "Find the mistake and put it right. The rest is as it should be; leave it alone.",
    "Find what is wrong and mend it, and change nothing besides.",
    "Repair it. It is one place, and no other file needs a change.",
    "Please find the faulty place and correct it, without touching anything else.",
)
_PEOPLE = (
    *("Ada", "Ben", "Chiara", "Dmitri", "Esra", "Femi", "Greta", "Hugo"),
    *("Ines", "Jonas", "Kaori", "Lena", "Milan", "Noor", "Otto", "Priya"),
)
_MOST_CHECKS = 2


def prompt_of(seed: str, ticket: str, path: str, failing: list[str], mutation: str) -> str:
    """`ticket` is the base task's prompt under the new names; `failing` names the hidden tests that fail;
    `mutation` tells the mutants of one seed apart.
    """
    shown = shuffled(seed, failing, "check", mutation)[:_MOST_CHECKS]
    checks = " and ".join(f'"{name}"' for name in shown)
    who = pick(seed, _PEOPLE, "who", mutation)
    quoted = "\n".join(f"> {line}".rstrip() for line in ticket.splitlines())
    parts = [
        pick(seed, _OPENINGS, "opening", mutation).format(path=path),
        quoted,
        pick(seed, _SYMPTOMS, "symptom", mutation).format(who=who, checks=checks),
        pick(seed, _CLOSINGS, "closing", mutation),
    ]
    return "\n\n".join(parts) + "\n"
