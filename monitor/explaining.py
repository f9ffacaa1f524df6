"""Which words mattered to the machine, worked out ahead for the stories that people will open next.

For one flagged post of each of the first stories of the queue, the model says what each flag's score loses when a word
is left out. It is kept with the machine run: a page shows what that model did then, not what another would do now.
"""

from __future__ import annotations

from typing import Protocol

from monitor.context import Context
from monitor.models import PostRun
from monitor.store import posts

AHEAD = 100
AT_ONCE = 4
WORDS = 5


class Reasoner(Protocol):
    """What is asked of the model here."""

    def why(self, text: str, lang: str, label: str, k: int = 5) -> list[tuple[str, float]]:
        """Return up to ``k`` words with what the score of ``label`` loses without each, most first."""
        ...


def explain(context: Context, model: Reasoner, name: str) -> int:
    """Work a few posts out; return how many."""
    with context.reading() as session:
        waiting = posts.to_explain(session, name, AHEAD, AT_ONCE)
    for run, post in waiting:
        text = f"{post.title}\n{post.text}" if post.title else post.text
        found = {label: model.why(text, post.lang or "", label, WORDS) for label in run.flags}
        with context.writing() as session:
            row = session.get(PostRun, run.id)
            if row is not None:
                row.words = {label: [(word, round(lost, 3)) for word, lost in words] for label, words in found.items()
                             if words}  # fmt: skip
                row.explained = True
                session.add(row)
    return len(waiting)
