"""What a column of a list of people can mean, and by which headings schools call it. Pure."""

from collections.abc import Mapping, Sequence

from tracker.imports.targets import Target, Vocabulary, by_heading, heading_key

_WHO, _SCHOOL, _PUPIL = "The person", "At the school", "Of a pupil"
TARGETS: tuple[Target, ...] = (
    Target("name", "Name", _WHO, "As people know them. “Smith, Ann” is read as Ann Smith.", "Ann Smith"),
    Target("first_name", "First name", _WHO, "Where the name stands in two columns.", "Ann"),
    Target("last_name", "Last name", _WHO, "Where the name stands in two columns.", "Smith"),
    Target("reference", "Reference", _WHO, "The school's own number: staff or admission number. Nobody else has it.",
           "S0217"),
    Target("email", "Email", _WHO, "Their own address, which nobody shares.", "a.smith@school.example"),
    Target("kind", "Group", _SCHOOL, "Staff, governor, pupil or external.", "Staff"),
    Target("job", "Job", _SCHOOL, "What they do.", "Class teacher Year 3"),
    Target("started_on", "First day", _SCHOOL, "May lie ahead.", "01/09/2023"),
    Target("left_on", "Last day", _SCHOOL, "Only of those who leave or have left.", "21/07/2026"),
    Target("line_manager", "Line manager", _SCHOOL, "Name, email address or reference; may be a row of the same file.",
           "Hana Head"),
    Target("dbs_confirmed_on", "DBS confirmed on", _SCHOOL,
           "Only the day on which somebody saw that a check is current: never its number, never what it says.",
           "03/09/2025"),
    Target("parent_name", "Parent or carer", _PUPIL, "Who signs for the pupil.", "Pam Parent"),
    Target("parent_email", "Parent's email", _PUPIL, "", "pam@home.example"),
)  # fmt: skip
_SYNONYMS: Mapping[str, str] = {
    "name": "name; full name; person; staff name; pupil name; student name; member of staff; staff member; employee; "
    "display name; preferred name; governor; teacher; name of pupil; name of person; surname and forename",
    "first_name": "first name; forename; given name; christian name; legal forename; preferred forename; first",
    "last_name": "last name; surname; family name; legal surname; preferred surname; last",
    "reference": "reference; ref; staff number; staff no; employee number; employee no; employee id; staff id; "
    "payroll number; admission number; admission no; adno; upn; mis id; person id; id; number; pupil number; "
    "staff code",
    "email": "email; e mail; email address; mail; work email; school email; email work; user principal name",
    "kind": "group; kind; type; person type; category; staff or pupil; person group; user type; account type",
    "job": "job; job title; role; post; position; occupation; title of post; job role; duties; what they do",
    "started_on": "first day; start date; started; started on; date started; start; starting date; date of joining; "
    "joined; joined on; date joined; joining date; employment start; employment start date; admission date; "
    "date of admission; date of arrival; from; first day at the school; contract start; appointed on; "
    "term of office from",
    "left_on": "last day; leaving date; leave date; left; left on; date left; leaver date; date of leaving; end date; "
    "end; employment end; employment end date; termination date; last working day; leaves; leaving on; to; "
    "last day at the school; contract end; term of office to; date of departure; leaving",
    "line_manager": "line manager; manager; reports to; supervisor; line manager name; line manager email; managed by",
    "dbs_confirmed_on": "dbs confirmed on; dbs; dbs date; dbs check; dbs checked; dbs seen; dbs seen on; date of dbs; "
    "dbs confirmed; current dbs; current dbs check; dbs check date; date dbs seen; current dbs check confirmed on",
    "parent_name": "parent or carer; parent; carer; parent name; guardian; parent carer; contact; contact name; "
    "parent guardian; mother; father; parent or carer who signs; signatory; primary contact; priority 1 contact",
    "parent_email": "parents email; parent s email; parent email; carer email; contact email; guardian email; "
    "email of parent; parent email address; primary contact email; parent carer email",
}
_BY_HEADING = by_heading(TARGETS, _SYNONYMS)


def _meaning(heading: str, samples: Sequence[str], used: set[str]) -> str | None:
    return _BY_HEADING.get(heading_key(heading))


PEOPLE = Vocabulary(TARGETS, _meaning)
