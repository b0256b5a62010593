"""A digest in words: subject, text, and the same as HTML. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from tracker.reminders.rules import Line, Topic

HEADINGS: dict[Topic, str] = {
    Topic.SCHOOL_LATE: "Overdue for two weeks or more",
    Topic.TEAM_LATE: "People whose line manager you are: overdue for a week or more",
    Topic.LATE: "You have this, and it is overdue. Bring it back, or ask for more time",
    Topic.DUE: "You have this, and it is due soon",
    Topic.UNSIGNED: "Please read and sign",
    Topic.HOUSEKEEPING: "Once a year",
    Topic.SUSPENDED: "Loans",
    Topic.HELD: "You have this, too",
}
_SUBJECTS: dict[Topic, str] = {
    Topic.SCHOOL_LATE: "Equipment that is overdue for two weeks",
    Topic.TEAM_LATE: "Equipment of somebody in your team is overdue",
    Topic.LATE: "Please bring back what is overdue",
    Topic.DUE: "Equipment that you have is due soon",
    Topic.UNSIGNED: "Something to read and sign",
    Topic.HOUSEKEEPING: "Your yearly statement about the school's data",
    Topic.SUSPENDED: "You may not borrow for now",
}
_OWN_FIRST = (Topic.LATE, Topic.DUE, Topic.SCHOOL_LATE, Topic.TEAM_LATE)
LAST = "You get at most one such mail a day, and three a week. Questions? Ask the school office."


@dataclass(frozen=True)
class Words:
    """A mail without its envelope."""

    subject: str
    text: str
    html: str


def of(name: str, lines: Sequence[Line], *, school: str, base_url: str) -> Words:
    """The words of a digest; `lines` are in their order."""
    groups = [(topic, list(some)) for topic, some in groupby(lines, key=lambda line: line.topic)]
    page = f"{base_url}/mine"
    text = [f"Dear {name},", ""]
    html = [Markup("<p>Dear {},</p>").format(name)]
    for topic, some in groups:
        text += [f"{HEADINGS[topic]}:", *(f"- {sentence(line)}" for line in some), ""]
        items = Markup("").join(Markup("<li>{}</li>").format(sentence(line)) for line in some)
        html.append(Markup("<h2>{}</h2><ul>{}</ul>").format(HEADINGS[topic], items))
    text += ["If you have an account, this page shows what you have and what you signed:", page, "", LAST, "", school]
    link = Markup('<p>If you have an account, <a href="{}">this page shows what you have and what you signed</a>.</p>')
    html += [link.format(page), Markup("<p>{}</p><p>{}</p>").format(LAST, school)]
    body = Markup("\n").join(html)
    title = subject(lines)
    whole = Markup('<!doctype html>\n<html lang="en-GB"><head><title>{}</title></head><body>\n{}\n</body></html>\n')
    return Words(title, "\n".join(text) + "\n", str(whole.format(title, body)))


def subject(lines: Iterable[Line]) -> str:
    """What the mail is about, by its most urgent line; names and things stand inside only."""
    topics = [line.topic for line in lines if line.calls]
    first = next((topic for topic in _OWN_FIRST if topic in topics), topics[0])
    return _SUBJECTS[first]


def sentence(line: Line) -> str:
    """One line for people."""
    about = f"{line.about}: " if line.about else ""
    if line.day is None:
        return f"{line.label}, to be signed" if line.topic is Topic.UNSIGNED else line.label
    day = f"{line.day.day} {line.day:%B %Y}"
    late = line.topic in (Topic.LATE, Topic.TEAM_LATE, Topic.SCHOOL_LATE)
    return f"{about}{line.label}, {'was due on' if late else 'last day'} {day}"


def test_mail(name: str, *, school: str) -> Words:
    """What somebody sends to themselves to see whether mail works."""
    text = f"Dear {name},\n\nYou asked for this test mail. Mail from Caretaker reaches you.\n\n{school}\n"
    html = Markup("<p>Dear {},</p><p>You asked for this test mail. Mail from Caretaker reaches you.</p><p>{}</p>")
    return Words("Test mail from Caretaker", text, f"{html.format(name, school)}\n")
