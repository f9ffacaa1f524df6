"""Sentences the core says in English, so that people read them in their own language.

A sentence with a value in it is known by its pattern. What is not known here is shown as the core said it.
"""

from __future__ import annotations

import re

from review_ui.language import N_, Speech, isolate

PLAIN = (
    N_("Login or password is wrong."),
    N_("Too many tries: wait five minutes and try again."),
    N_("Say in a few words why you take this story over."),
    N_("This story can not be taken over: it was closed or changed meanwhile."),
    N_("This story changed while you were reading: look at it again, your entries are kept below."),
    N_("A verdict goes with the triage 'check' only."),
    N_("This verdict needs at least one link to evidence."),
    N_("There is no such match."),
    N_("There is no such story."),
    N_("There is no such response."),
    N_("There is no such account."),
    N_("This story is not yours (any more): claim it first."),
    N_("Your hold on this story ran out: claim it again, your entries are kept below."),
    N_("Somebody else was quicker: look at the story again."),
    N_("Only a member of staff can do this."),
    N_("There is nothing left to undo."),
    N_("Somebody decided this story after you: it can no longer be undone."),
    N_("This match no longer exists."),
    N_("This response is gone already."),
    N_("Say why nothing is done (low reach, would amplify, outside our mandate, unsafe)."),
    N_("A login needs 1 to 100 characters."),
    N_("A password may have at most 256 characters."),
    N_("This password is too easy to guess: choose one without the login, the product or one letter."),
    N_("This form is out of date: open the page again and send it from there."),
    N_("This form or address is not complete: go back and try again."),
    N_("This address names a state that no story has."),
    N_("The database did not answer in time: try again in a moment."),
    N_("Your login has ended: log in, then send this again."),
    N_("The follow-up date must be a day such as 2026-12-24."),
    N_("The follow-up date must lie ahead."),
    N_("When it was done must be a day and time such as 2026-12-24T17:30."),
    N_("What was done can not lie in the future: use the follow-up date for what is planned."),
    N_("A report to a platform names the rule that the post breaks."),
    N_("A report to a platform needs the link of one of this story's posts."),
    N_("Say what they were told about the claim."),
    N_("An authority is told about the claim, not about people: leave out account names and posts."),
    N_("The two new passwords are not the same."),
    N_("The password you have now is wrong."),
    N_("Choose at least one story first."),
    N_("A key needs a name."),
    N_("There is no such key."),
    N_("A published language can not be emptied: withdraw the fact-check instead."),
    N_("Choose the verdict."),
    N_("The verdict is not the one the desk decided for this story: decide the story first."),
    N_("Somebody else is still to read this decision: publish after the second reading."),
    N_("Write the fact-check in at least one language."),
    N_("Each language needs the claim, a title and an explanation."),
    N_("Say for each published language what was corrected."),
    N_("Nothing has changed since this was published."),
    N_("Somebody who did not write on it has to read this and publish it."),
    N_("This fact-check is not published."),
    N_("Say in at least one language why this fact-check is withdrawn."),
    N_("There is no such fact-check of ours."),
    N_("Somebody else saved this fact-check meanwhile: look at it again, your entries are kept below."),
    N_("Too many exports: wait ten minutes and try again."),
    N_("A source needs a name."),
    N_("Write or paste the text you want the desk to look at."),
    N_("The tip line is closed at the moment."),
    N_("Too many tips just now: please try again in an hour."),
    N_("You cannot close your own account."),
    N_("Say in a few words why."),
    N_("Choose somebody who can decide stories."),
    N_("Give the number of the story it belongs to."),
    N_("Others worked on all of these stories since: they can no longer be undone."),
    N_("Say whom you ask, and what."),
    N_("There is no such question."),
    N_("This question was answered already."),
    N_("This link is not right: ask for a new one."),
    N_("This link has ended: it was answered, taken back or is too old."),
    N_("Write an answer first."),
    N_("Name at least one source, as a link."),
    N_("A weight is a number of points."),
    N_("This label is not in use in this language."),
    N_("A threshold lies between 0.05 and 0.995."),
    N_("The answers about harm must be 0, 1, 2 or 'cannot say'."),
    N_("This story waits for a second reading: give it, or look at everything first."),
    N_("You know this decision already: somebody else has to read it fresh."),
    N_("Somebody else is reading this just now."),
    N_("Somebody is working on this story just now: send your reading again a little later."),
    N_("There is no such reading."),
    N_("This reading is no longer asked for."),
    N_("This reading is gone already."),
    N_("A third reader settled this already: it can no longer be undone."),
    N_("A second person read this decision already: decide anew instead."),
    N_("This link is not valid."),
    N_("This link is no longer valid: ask for a new one."),
    N_("This summary was not sent to you."),
    N_("This summary does not ask that."),
    N_("Choose one of the options."),
    N_("Say in a few words what you decide instead."),
    N_("You have answered this already."),
    N_("A recipient needs a name."),
    N_("Only people of the team can answer what the summary asks."),
    N_("There is already a recipient with this name or address."),
    N_("No mail can be sent: set mail.host and mail.sender in claimwatch.toml."),
    N_("The webhook was switched off or removed."),
)

PATTERNS = (
    (r"This story is held by (?P<name>.+): it can not be undone now\.",
     N_("This story is held by %(name)s: it can not be undone now.")),
    (r"This story is held by (?P<name>.+)\.", N_("This story is held by %(name)s.")),
    (r"This needs the role (?P<role>\w+) or above\.", N_("This needs the role %(role)s or above.")),
    (r"'(?P<value>.*)' is not a triage word: choose one of .+", N_("Choose what kind of story this is.")),
    (r"'(?P<value>.*)' is not a verdict: choose one of .+", N_("Choose one of the verdicts.")),
    (r"'(?P<value>.*)' is not an action: choose one of .+", N_("Choose what was done.")),
    (r"'(?P<value>.*)' is not an outcome: choose one of .+", N_("Choose an outcome.")),
    (r"There is no page in the language '(?P<value>.*)': choose one of .+", N_("There is no page in this language.")),
    (r"Choose what the key may do: .+", N_("Choose what the key may do.")),
    (r"A key is good for 1 to (?P<num>\d+) days\.", N_("A key is good for 1 to %(num)s days.")),
    (r"One person can have (?P<num>\d+) keys: revoke one first\.",
     N_("One person can have %(num)s keys: revoke one first.")),
    (r"There is no export named '(?P<value>.*)': choose one of .+", N_("There is no such export.")),
    (r"'(?P<value>.*)' is not what a platform does: choose one of .+", N_("Choose what the platform did.")),
    (r"'(?P<value>.*)' is not a role: choose one of .+", N_("Choose a role.")),
    (r"'(?P<value>.*)' is not a link: give an address that starts with http:// or https://\.",
     N_("“%(value)s” is not a link: give an address that starts with http:// or https://.")),
    (r"'(?P<value>.*)' is not a mail address\.", N_("“%(value)s” is not a mail address.")),
    (r"The mail server answered (?P<value>.*)\.", N_("The mail server answered %(value)s.")),
    (r"The mail server (?P<host>\S+) could not be used: (?P<value>.*)\.",
     N_("The mail server %(host)s could not be used: %(value)s.")),
    (r"There is already a source named '(?P<value>.+)'\.", N_("There is already a source named “%(value)s”.")),
    (r"There is already an account named '(?P<value>.+)'\.", N_("There is already an account named “%(value)s”.")),
    (r"A password needs at least (?P<num>\d+) characters\.", N_("A password needs at least %(num)s characters.")),
    (r"There is no source named '(?P<value>.+)'; .+", N_("There is no source named “%(value)s”.")),
    (r"This story is kept for (?P<name>.+): take it over with a reason\.",
     N_("This story is kept for %(name)s: take it over with a reason.")),
    (r"A story can be kept for at most (?P<num>\d+) hours\.", N_("A story can be kept for at most %(num)s hours.")),
    (r"A link can last from 1 to (?P<num>\d+) days\.", N_("A link can last from 1 to %(num)s days.")),
    (r"There is no signal named '(?P<value>.+)'\.", N_("There is no signal named “%(value)s”.")),
    (r"The weight of '(?P<value>.+)' must lie between 0 and (?P<num>\d+)\.",
     N_("The weight of “%(value)s” must lie between 0 and %(num)s.")),
    (r"A tip can have at most (?P<num>\d+) characters\.", N_("A tip can have at most %(num)s characters.")),
    (r"At most (?P<num>\d+) stories can be decided together, so that all can be taken back\.",
     N_("At most %(num)s stories can be decided together, so that all can be taken back.")),
    (r"'(?P<value>.+)' has (?P<num>\d+) posts: pause it instead, or remove it with its posts .+",
     N_("“%(value)s” has posts: pause it instead.")),
)  # fmt: skip
"""(what the core says, how it is translated): the longer pattern first where one contains the other."""


def translate(speech: Speech, message: str, role_word: dict[str, str]) -> str:
    """Return ``message`` in the person's language; ``role_word`` names roles as people read them."""
    for pattern, text in PATTERNS:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            values = {key: _value(speech, key, value, role_word) for key, value in found.groupdict().items()}
            return speech.say(text, **values)
    return speech.say(message) if message in PLAIN else message


def _value(speech: Speech, key: str, value: str, role_word: dict[str, str]) -> str:
    if key == "role":
        return isolate(speech.say(role_word.get(value, value)))
    return value if key == "num" else isolate(value)
