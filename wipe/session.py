"""One run, in its order: identified, planned, erased, verified, recorded. Out of order is a RuntimeError."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from functools import partial
from importlib.metadata import version

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from uuid_utils.compat import uuid7

from wipe import clock, codec, overwrite, record, verdict
from wipe.blocks import CANCELLED, Ending
from wipe.blocks import LIMITS as LIMITS_OF_ERRORS
from wipe.drive import asking, discover, guard
from wipe.errors import Refusal, Refused, WipeError
from wipe.facts import Drive, ErrorLimits, Health, Identity, PassResult, Plan, Progress, Reached, VerifyResult, match
from wipe.pattern import KEY_BYTES, Pattern
from wipe.plan import pattern_of, unsuited
from wipe.verify import Verified, run_full, run_sampled, spot_check
from wipe.vocabulary import RefusalCode, TriState, VerificationKind
from wipe.watch import Watch

LIMITS = (
    "No software can prove the absence of data in areas that a drive does not expose: sectors moved aside, spare "
    "areas, and whatever its firmware keeps to itself."
)
NOT_RECORDED = (
    record.NotRecorded("source of the medium (user, computer, department)", "kept in the school's register"),
    record.NotRecorded("confidentiality category before the run", "kept in the school's register"),
    record.NotRecorded("backup of the data", "not known to the station"),
    record.NotRecorded("destination", "decided at disposal"),
    record.NotRecorded("person who verified", "the verification was made by the program"),
)


CHANGED = "not attempted: another drive answered"


Note = Callable[[tuple[PassResult, ...], Reached | None], None]


class Stage(IntEnum):
    """How far a run has come."""

    PLANNED = 1
    ERASED = 2
    VERIFIED = 3
    RECORDED = 4


@dataclass(frozen=True, slots=True)
class Context:
    """What the order said beyond the plan."""

    job_id: str | None = None
    asset_tag: str | None = None
    operator: record.Operator | None = None
    procedure: str = ""
    interruptions: tuple[record.Interruption, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What the tracker ordered, as far as the plan itself does not say it: the content of `wipe erase --order`."""

    job_id: str
    asset_tag: str | None
    operator: record.Operator
    procedure: str
    plan_digest: str  # of the plan that was confirmed
    identity: Identity  # the drive that was confirmed
    capacity_bytes: int


def hold_to(order: Order, drive: Drive, plan: Plan) -> None:
    """Raises Refused unless drive and plan are the very ones that were confirmed.

    `plan` is the one of the run that this one goes on with, if there is such: the drive may be in another bay by now.
    """
    found = []
    device = drive.identity.device
    differing = match(order.identity, order.capacity_bytes, drive.identity, drive.geometry.capacity_bytes)
    if differing:
        message = f"{device} is not the drive that was ordered: {', '.join(differing)} differ."
        found.append(Refusal(RefusalCode.IDENTITY_CHANGED.value, message, "Find the drive and order its wipe anew."))
    if codec.digest(plan) != order.plan_digest:
        message = f"What would be done to {device} now is not the plan that was confirmed."
        found.append(Refusal(RefusalCode.PLAN_CHANGED.value, message, "Look at the drive again and confirm anew."))
    if found:
        raise Refused(found)


def _void(done: PassResult) -> PassResult:
    """A pass that ended because another drive answered: nobody cancelled it."""
    told = tuple(replace(one, reason=CHANGED) if one.reason == CANCELLED else one for one in done.unwritten)
    return replace(done, unwritten=told)


class Session:
    """A run on one drive. Make it with a plan, then call `erase`, `verify`, `finish`, each once."""

    def __init__(
        self,
        drive: Drive,
        plan: Plan,
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
        ask: Callable[[], asking.Answer] | None = None,
        since: datetime | None = None,
    ) -> None:
        """Raises Refused with every reason, before anything is opened for writing.

        `ask` answers who the drive is now, and how warm; without it the drive itself is asked. `since` is the latest
        time that the station wrote down about this drive.
        """
        refusals = (*guard.refusals(drive, attested=plan.attestation is not None), *unsuited(plan))
        if refusals:
            raise Refused(refusals)
        self._drive, self._plan = drive, plan
        self._watch = Watch(drive, len(plan.passes), ask or asking.Asker(drive).ask, report, cancelled)
        self.record_id = str(uuid7())
        self._key = secrets.token_bytes(KEY_BYTES)
        self._stage = Stage.PLANNED
        self._reached: Reached | None = None
        clock.begin(since)
        self.started = clock.now()
        self._passes: list[PassResult] = []
        self._verification: VerifyResult | None = None
        self._ending = Ending.COMPLETE
        self._errors: list[str] = []

    def _advance(self, stage: Stage) -> None:
        if self._stage != stage - 1:
            raise RuntimeError(f"{stage.name} cannot follow {self._stage.name}")
        self._stage = stage

    def go_on_from(self, key: bytes, passes: tuple[PassResult, ...], reached: Reached | None) -> str:
        """Take over what an earlier run did by the same plan with `key`; why that may not be, or nothing.

        What the drive should hold by then is looked at in two places: somebody may have used it since.
        """
        if self._stage is not Stage.PLANNED:
            raise RuntimeError("a run that began cannot go on from another")
        number = reached.number if reached is not None else len(passes)
        offset = reached.offset if reached is not None else self._plan.capacity_bytes
        faulty = (*reached.left_out, *reached.unwritten) if reached is not None else passes[-1].unwritten
        try:
            with guard.open_fresh(self._drive) as opened:
                holds = spot_check(
                    opened, opened.geometry, pattern_of(self._plan.passes[number - 1], key), offset, faulty
                )
        except WipeError as error:
            return error.message
        if not holds:
            return "The drive does not hold any more what that run wrote."
        self._key, self._passes, self._reached = key, list(passes), reached
        return ""

    @property
    def done(self) -> tuple[tuple[PassResult, ...], Reached | None]:
        """The passes that are finished, and how far the next one is on the medium."""
        return tuple(self._passes), self._reached

    @property
    def ending(self) -> Ending:
        """How the latest step ended."""
        return self._ending

    def erase(self, note: Note = lambda passes, reached: None) -> None:
        """Make every planned pass. Raises Refused where the drive cannot be opened alone; nothing was written then.

        `note` is told whenever more is known to be on the medium.
        """
        self._advance(Stage.ERASED)
        with guard.open_exclusive(self._drive, attested=self._plan.attestation is not None) as opened:
            self._watch.ask_now(keep=False)
            for one in self._plan.passes[len(self._passes) :]:
                done = overwrite.run_pass(
                    opened,
                    opened.geometry,
                    pattern_of(one, self._key),
                    number=one.number,
                    passes=len(self._plan.passes),
                    report=self._watch.report,
                    cancelled=self._watch,
                    limits=self._limits,
                    begun=self._reached,
                    durable=partial(note, tuple(self._passes)),
                )
                self._reached = None
                self._ending = self._ended(done.ending)
                self._passes.append(done.result if self._ending is not Ending.CHANGED else _void(done.result))
                if self._ending is not Ending.COMPLETE:
                    return
                note(tuple(self._passes), None)

    def _ended(self, ending: Ending) -> Ending:
        """How a pass ended, once it is known whose blocks these were. A drive that was swapped voids what was done."""
        if ending is Ending.COMPLETE:
            self._watch.ask_now()
        stopped = ending in (Ending.COMPLETE, Ending.CANCELLED)
        return Ending.CHANGED if self._watch.changed and stopped else ending

    def verify(self) -> None:
        """Read back as planned; skipped where the passes did not end, and where the plan says none."""
        self._advance(Stage.VERIFIED)
        if self._ending is not Ending.COMPLETE or self._plan.verification is VerificationKind.NONE:
            return
        try:
            with guard.open_fresh(self._drive) as opened:
                done = self._read_back(opened, pattern_of(self._plan.passes[-1], self._key))
        except WipeError as error:  # the drive cannot be opened any more: the record says so, and proves nothing
            self._errors.append(error.message)
            return
        self._verification, self._ending = done.result, self._ended(done.ending)

    def _read_back(self, opened: guard.OpenDrive, pattern: Pattern) -> Verified:
        passes = len(self._plan.passes)
        if self._plan.verification is VerificationKind.FULL:
            return run_full(
                opened,
                opened.geometry,
                pattern,
                passes=passes,
                report=self._watch.report,
                cancelled=self._watch,
                limits=self._limits,
            )
        return run_sampled(
            opened,
            opened.geometry,
            pattern,
            seed=secrets.token_bytes(16),
            passes=passes,
            report=self._watch.report,
            cancelled=self._watch,
            limits=self._limits,
        )

    @property
    def _limits(self) -> ErrorLimits:
        return self._plan.limits or LIMITS_OF_ERRORS

    def finish(self, key: Ed25519PrivateKey, context: Context) -> record.Verified:
        """Identify the drive once more, compute the outcome, sign. The result was checked with the public key."""
        self._advance(Stage.RECORDED)
        held, after = self._identified_again()
        draft = self._record(key, context, held, after)
        signed = record.sign(draft, key)
        return record.verify(signed, {draft.key_id: key.public_key()})

    @property
    def stream_key(self) -> bytes:
        """The run's own key, for a later `wipe verify` on this station. It never leaves the station."""
        return self._key

    def _identified_again(self) -> tuple[TriState, Health]:
        try:
            now = discover.find(self._drive.identity.device)
        except WipeError as error:
            self._errors.append(error.message)
            return TriState.UNKNOWN, self._drive.health
        before = self._drive
        capacity = before.geometry.capacity_bytes
        same = not match(before.identity, capacity, now.identity, now.geometry.capacity_bytes)
        return TriState.YES if same else TriState.NO, now.health

    def _record(self, key: Ed25519PrivateKey, context: Context, held: TriState, after: Health) -> record.Record:
        drive, plan = self._drive, self._plan
        found = verdict.judge(
            verdict.Facts(
                plan=plan,
                passes=tuple(self._passes),
                verification=self._verification,
                ending=self._ending,
                identity_held=held,
                hidden_areas=drive.hidden_areas,
                health_before=drive.health,
                health_after=after,
                errors=tuple(self._errors),
                readings=tuple(self._watch.readings),
            )
        )
        return record.Record(
            format=record.FORMAT,
            version=record.VERSION,
            record_id=self.record_id,
            job_id=context.job_id,
            asset_tag=context.asset_tag,
            key_id=record.key_id(key.public_key()),
            tool=record.Tool("caretaker wipe", version("caretaker"), os.uname().release, context.procedure),
            operator=context.operator,
            attestation=plan.attestation,
            identity=plan.identity,  # as it was confirmed; the drive may be in another bay by now
            geometry=drive.geometry,
            plan=record.PlanSummary(
                codec.digest(plan),
                plan.method,
                plan.technique,
                plan.standards,
                plan.passes,
                plan.verification,
                plan.limits,
            ),
            steps=record.steps_of(plan, tuple(self._passes), self._verification, self._ending, held),
            passes=tuple(self._passes),
            verification=self._verification,
            ending=self._ending,
            identity_held=held,
            interruptions=context.interruptions,
            hidden_areas=drive.hidden_areas,
            health_before=drive.health,
            health_after=after,
            errors=tuple(self._errors),
            started=self.started,
            ended=clock.now(),
            clock_moved_seconds=clock.moved_seconds(),
            outcome=found.outcome,
            level=found.level,
            reasons=found.reasons,
            limits=LIMITS,
            not_recorded=NOT_RECORDED,
            bay=drive.bay,
            readings=tuple(self._watch.readings),
            holds=tuple(self._watch.holds),
        )
