"""What the register adds to a certificate: names, places and papers as they stand at the moment of issue."""

from dataclasses import dataclass
from uuid import UUID

from tracker.accounts.models import School
from tracker.certificates import paper, proof
from tracker.certificates.models import Certificate
from tracker.inventory import label_tags
from tracker.inventory import service as inventory
from tracker.inventory.kinds import get_kind
from tracker.inventory.models import Asset
from tracker.inventory.places import get_location
from tracker.media.models import Evidence, Medium
from tracker.values import Actor, Role, utc_now
from wipe.record import Verified
from wipe.vocabulary import DataClass


@dataclass(frozen=True, slots=True)
class Sources:
    """Where every fact on a certificate comes from."""

    issuer: Actor
    school: School
    medium: Medium
    evidence: Evidence
    verified: Verified
    supersedes: Certificate | None


def head_of(school: School) -> paper.School:
    """The school as it is printed at the top of its papers."""
    lines = tuple(line for line in school.address.splitlines() if line.strip())
    return paper.School(school.name, lines, school.postcode, school.dfe_number)


def register(sources: Sources, number: str, code: str, base_url: str) -> paper.Register:
    """The register's part of a certificate that is issued now. Raises RuntimeError for evidence without an operator."""
    operator = sources.verified.record.operator
    if operator is None:
        raise RuntimeError("no operator: rules.may_issue comes first")
    school, medium, issuer = sources.school, sources.medium, sources.issuer
    asset = _asset(school.id, sources.verified.record.asset_tag, medium.asset_id)
    return paper.Register(
        number=number,
        code=code,
        verify_url=f"{base_url}/V/{code}".upper(),
        issued_at=utc_now(),
        policy_version=school.policy_version,
        procedure_version=school.procedure_version,
        school=head_of(school),
        medium=proof.registered(medium),
        asset=_printed(asset, sources.verified.record.asset_tag or asset.tag) if asset else None,
        source=get_location(school.id, asset.location_id).path if asset and asset.location_id else "",
        data_class=DataClass(medium.data_class),
        destination=None,  # decided at disposal
        station=proof.station_of(sources.evidence)[0],
        issuer=paper.Person(issuer.name, issuer.role.label if issuer.role else ""),
        operator=paper.Person(operator.name, _role(operator.role)),
        supersedes=sources.supersedes.number if sources.supersedes else None,
    )


def _asset(school_id: UUID, tag: str | None, asset_id: UUID | None) -> Asset | None:
    """The asset that the medium was in when it was wiped, as the signed record says.

    Only where that names none is it the one that the medium is in now.
    """
    if tag is not None:
        old = label_tags.retired(school_id, tag)  # its label was retired after the wipe
        return inventory.get_asset(school_id, old.asset_id) if old else inventory.asset_by_tag(school_id, tag)
    return inventory.get_asset(school_id, asset_id) if asset_id is not None else None


def _printed(asset: Asset, tag: str) -> paper.Asset:
    kind = get_kind(asset.school_id, asset.kind_id).name
    return paper.Asset(tag, asset.name, kind, asset.make, asset.model, asset.serial)


def _role(word: str) -> str:
    try:
        return Role(word).label
    except ValueError:
        return word
