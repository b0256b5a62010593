"""Signing and checking: what others say of our signature, and what no change gets past."""

import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from pikepdf import Name, Pdf

from tests.tracker.certificates.cast import content, make, verified
from tests.tracker.certificates.verapdf import broken
from tracker.certificates import authority
from tracker.certificates.archive import archived
from tracker.certificates.authority import NotReady, Signer, ready
from tracker.certificates.render import render
from tracker.certificates.sign import Status, check, sign

NOW = content().issued_at


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return ready(tmp_path_factory.mktemp("keys") / "oakfield", "Oakfield Primary School", NOW)


@pytest.fixture(scope="module")
def plain() -> bytes:
    return archived(render(content(), None), content(), verified(make()).signed)


@pytest.fixture(scope="module")
def signed(plain: bytes, signer: Signer) -> bytes:
    return sign(plain, signer)


def pdfsig(pdf: bytes, folder: Path) -> str:
    path = folder / "certificate.pdf"
    path.write_bytes(pdf)
    return subprocess.run(["pdfsig", str(path)], capture_output=True, check=False).stdout.decode(errors="replace")


def flipped(pdf: bytes, place: int) -> bytes:
    changed = bytearray(pdf)
    changed[place] ^= 1
    return bytes(changed)


def covered(pdf: bytes) -> tuple[int, int, int, int]:
    """The two stretches that the signature covers; between them stands the signature itself."""
    found = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+) ?\]", pdf)
    assert found is not None
    first, length, second, rest = map(int, found.groups())
    return first, length, second, rest


def test_another_program_says_that_the_signature_is_valid_and_covers_all(signed: bytes, tmp_path: Path) -> None:
    said = pdfsig(signed, tmp_path)
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert "O=Oakfield Primary School" in said


def test_our_own_check_says_the_same_and_who_signed(signed: bytes, signer: Signer) -> None:
    status = check(signed, [signer.public_pem], NOW)
    assert status.good
    assert (status.intact, status.valid, status.known, status.whole, status.problem) == (True, True, True, True, "")
    assert "Oakfield Primary School" in status.signer


def test_it_is_a_certification_that_allows_no_change(signed: bytes) -> None:
    with Pdf.open(BytesIO(signed)) as pdf:
        reference = pdf.Root[Name.Perms][Name.DocMDP][Name.Reference][0]
        assert reference[Name.TransformParams][Name.P] == 1


def test_a_signed_certificate_can_be_kept_and_still_holds_its_evidence(signed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(signed)
    assert broken(path) == [[]]
    with Pdf.open(path) as pdf:
        assert pdf.attachments["evidence.jws"].get_file().read_bytes() == verified(make()).signed
    assert len(signed) < 100_000  # fonts are subsets: a whole one alone is several times larger


def test_one_flipped_byte_is_caught_by_both_programs(signed: bytes, signer: Signer, tmp_path: Path) -> None:
    for place in (len(signed) // 3, len(signed) // 2):
        changed = flipped(signed, place)
        assert "Signature is Valid." not in pdfsig(changed, tmp_path)
        assert not check(changed, [signer.public_pem], NOW).good


def test_a_flip_anywhere_in_what_is_covered_is_caught(signed: bytes, signer: Signer) -> None:
    first, length, second, rest = covered(signed)
    assert (first, second + rest) == (0, len(signed))
    places = [*range(0, length, length // 60), *range(second, len(signed), max(1, rest // 20))]
    assert [place for place in places if check(flipped(signed, place), [signer.public_pem], NOW).good] == []


def test_a_flip_in_the_signature_value_is_caught(signed: bytes, signer: Signer) -> None:
    """The other bytes beside it, such as the authority's certificate, are only held by the stored SHA-256."""
    _, length, second, _ = covered(signed)
    end = length + len(signed[length:second].rstrip(b">0"))
    for place in range(end - 120, end - 4, 7):  # hexadecimal digits of the ECDSA value, which ends the structure
        changed = bytearray(signed)
        changed[place] = ord("0") if changed[place] != ord("0") else ord("f")
        assert not check(bytes(changed), [signer.public_pem], NOW).good


def test_what_is_added_after_signing_is_seen(signed: bytes, signer: Signer, tmp_path: Path) -> None:
    with_comment = signed + b"\n% added\n"
    status = check(with_comment, [signer.public_pem], NOW)
    assert not status.good
    assert "Total document signed" not in pdfsig(with_comment, tmp_path) or not status.whole


def test_an_update_that_draws_over_the_page_is_seen(signed: bytes, signer: Signer) -> None:
    from pyhanko.pdf_utils.generic import pdf_name
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(BytesIO(signed))
    writer.root[pdf_name("/PageLayout")] = pdf_name("/TwoColumnLeft")
    writer.update_root()
    output = BytesIO()
    writer.write(output)
    status = check(output.getvalue(), [signer.public_pem], NOW)
    assert (status.intact, status.whole, status.good) == (True, False, False)
    assert status.problem == "Something was added to the file after it was signed."


def test_another_authority_of_the_same_name_is_not_known(plain: bytes, signer: Signer, tmp_path: Path) -> None:
    other = ready(tmp_path / "forger", "Oakfield Primary School", NOW)
    status = check(sign(plain, other), [signer.public_pem], NOW)
    assert (status.intact, status.valid, status.known, status.good) == (True, True, False, False)
    assert status.problem == "The file is signed, but not by this school."
    assert check(sign(plain, other), [signer.public_pem, other.public_pem], NOW).good


def test_nobody_is_known_where_no_authority_is_given(signed: bytes) -> None:
    assert not check(signed, [], NOW).known


@pytest.mark.parametrize("at", [NOW - timedelta(days=1), NOW + timedelta(days=366 * authority.YEARS)])
def test_a_signer_is_not_known_before_or_after_its_time(signed: bytes, signer: Signer, at: datetime) -> None:
    assert not check(signed, [signer.public_pem], at).known


def test_it_is_known_ten_and_twenty_years_later(signed: bytes, signer: Signer) -> None:
    for years in (10, 20):
        assert check(signed, [signer.public_pem], NOW + timedelta(days=365 * years)).good


@pytest.mark.parametrize(
    "pdf",
    [b"", b"%PDF-1.7", b"%PDF-1.7\nstartxref\n0\n%%EOF", b"\x00" * 1000, b"[" * 100_000, bytes(range(256)) * 400],
    ids=range(6),
)
def test_a_hostile_file_is_never_good_and_never_raises(pdf: bytes, signer: Signer) -> None:
    status = check(pdf, [signer.public_pem], NOW)
    assert status == Status(False, False, False, False, "", status.problem)
    assert status.problem.endswith(".")


def test_an_unsigned_cut_or_endless_file_is_never_good(plain: bytes, signed: bytes, signer: Signer) -> None:
    for pdf in (plain, signed[:-200], signed[: len(signed) // 2], bytes(17 << 20)):
        assert not check(pdf, [signer.public_pem], NOW).good


def test_the_keys_are_the_owners_alone_and_the_second_call_finds_them(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = ready(folder, "Oakfield", NOW)
    assert ready(folder, "Another name", NOW) == first
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]
    assert b"PRIVATE" not in repr(first).encode()


def test_processes_at_once_end_with_one_authority(tmp_path: Path) -> None:
    code = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path; "
        "from tracker.certificates.authority import ready; sys.stdin.readline(); "
        "sys.stdout.buffer.write(ready(Path(sys.argv[1]), 'Oakfield', datetime(2026, 11, 24, tzinfo=UTC)).authority)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "keys")]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(5)]
    for one in started:
        assert one.stdin is not None
        one.stdin.write(b"go\n")
        one.stdin.flush()
    found = {one.communicate()[0] for one in started}
    assert [one.returncode for one in started] == [0] * 5
    assert len(found) == 1
    assert b"BEGIN CERTIFICATE" in found.pop()
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


@pytest.mark.parametrize("name", [authority.CA_KEY, authority.LEAF_KEY])
def test_keys_that_others_can_read_are_refused(name: str, tmp_path: Path) -> None:
    ready(tmp_path / "keys", "Oakfield", NOW)
    (tmp_path / "keys" / name).chmod(0o640)
    with pytest.raises(NotReady, match="Set its mode to 0600"):
        ready(tmp_path / "keys", "Oakfield", NOW)


@pytest.mark.parametrize("name", [authority.CA_KEY, authority.LEAF_KEY, authority.LEAF])
def test_a_folder_that_lacks_a_part_is_refused_and_not_made_anew(name: str, tmp_path: Path) -> None:
    ready(tmp_path / "keys", "Oakfield", NOW)
    (tmp_path / "keys" / name).unlink()
    with pytest.raises(NotReady, match="backup"):
        ready(tmp_path / "keys", "Oakfield", NOW)


@pytest.mark.parametrize("name", [authority.CA, authority.LEAF])
def test_a_damaged_certificate_is_refused(name: str, tmp_path: Path) -> None:
    ready(tmp_path / "keys", "Oakfield", NOW)
    (tmp_path / "keys" / name).write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(NotReady, match="damaged"):
        ready(tmp_path / "keys", "Oakfield", NOW)


def test_a_leaf_of_another_authority_is_refused(tmp_path: Path) -> None:
    ready(tmp_path / "keys", "Oakfield", NOW)
    other = ready(tmp_path / "other", "Oakfield", NOW)
    (tmp_path / "keys" / authority.LEAF).write_bytes(other.certificate)
    with pytest.raises(NotReady, match="damaged"):
        ready(tmp_path / "keys", "Oakfield", NOW)


def test_the_leaf_may_sign_documents_and_nothing_else(signer: Signer) -> None:
    leaf = x509.load_pem_x509_certificate(signer.certificate)
    ca = x509.load_pem_x509_certificate(signer.authority)
    leaf.verify_directly_issued_by(ca)
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)
    assert isinstance(leaf.signature_hash_algorithm, type(ca.signature_hash_algorithm))
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (True, True, False)
    extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(extended) == {ExtendedKeyUsageOID.EMAIL_PROTECTION, authority.DOCUMENT_SIGNING}
    basic = ca.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (basic.ca, basic.path_length) == (True, 0)


@pytest.mark.parametrize("school", ["", "\x00\n\t", "\U0001d5a0" * 300, "Ysgol Gynradd Ŵ" * 20], ids=range(4))
def test_any_name_of_a_school_makes_a_signer_whose_signature_fits(school: str, plain: bytes, tmp_path: Path) -> None:
    made = ready(tmp_path / "keys", school, datetime(2026, 11, 24, tzinfo=UTC))
    assert check(sign(plain, made), [made.public_pem], NOW).good
