"""The school's own small certificate authority, and the key that signs its certificates. Made once, in one folder.

ECDSA P-256: poppler's pdfsig cannot read Ed25519, and RSA takes ten times as long. Nobody outside knows this
authority; whoever wants a reader to trust it installs `public_pem`. See docs/adr/0005-certificates-are-frozen.md.
"""

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from wipe import durable

CA, CA_KEY, LEAF, LEAF_KEY = "ca.pem", "ca.key", "signer.pem", "signer.key"
YEARS = 30  # both certificates: erasure is asked about long after, and there is no time-stamp to outlive them
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
_CLOCKS = timedelta(minutes=10)  # a reader's clock may be behind the school's


class NotReady(Exception):
    """The signing key cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A signing key with its certificate and the authority's, all PEM."""

    key: bytes = field(repr=False)
    certificate: bytes
    authority: bytes

    @property
    def public_pem(self) -> bytes:
        """The authority's certificate, for those who check."""
        return self.authority


def ready(folder: Path, school: str, now: datetime) -> Signer:
    """The school's signer, made at the first call. `folder` is this school's own; its parent must exist.

    Two processes at once end with one authority: each makes a whole folder, and one rename wins. Raises NotReady for
    a folder that is damaged or whose keys others can read.
    """
    if not (folder / CA).exists():
        _make(folder, school, now)
    return _load(folder)


def _make(folder: Path, school: str, now: datetime) -> None:
    draft = Path(tempfile.mkdtemp(prefix=".signing-", dir=folder.parent))
    try:
        for name, data in _issue(school, now).items():
            durable.write_once(draft / name, data)
        try:
            draft.rename(folder)  # refused where another process was first, since its folder is not empty
        except OSError:
            if not (folder / CA).exists():
                raise
        durable.sync_folder(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _load(folder: Path) -> Signer:
    advice = f"Restore {folder} from a backup; issued certificates stay valid."
    try:
        for name in (CA_KEY, LEAF_KEY):
            if (folder / name).stat().st_mode & 0o077:
                raise NotReady(f"Others can read the signing key {folder / name}. Set its mode to 0600.")
        signer = Signer(*((folder / name).read_bytes() for name in (LEAF_KEY, LEAF, CA)))
        leaf, authority = (
            x509.load_pem_x509_certificate(signer.certificate),
            x509.load_pem_x509_certificate(signer.authority),
        )
        leaf.verify_directly_issued_by(authority)
    except OSError as error:
        raise NotReady(f"The signing key cannot be read ({error.strerror}). {advice}") from error
    except Exception as error:  # ValueError, TypeError, InvalidSignature: whatever it is, the folder is damaged
        if isinstance(error, NotReady):
            raise
        raise NotReady(f"The signing key is damaged. {advice}") from error
    return signer


def _issue(school: str, now: datetime) -> dict[str, bytes]:
    ca_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name, leaf_name = _name(school, "Caretaker authority"), _name(school, "Caretaker certificates")
    authority = (
        _builder(ca_name, ca_name, ca_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        _builder(leaf_name, ca_name, leaf_key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, DOCUMENT_SIGNING]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    return {
        CA: authority.public_bytes(Encoding.PEM),
        CA_KEY: _pem(ca_key),
        LEAF: leaf.public_bytes(Encoding.PEM),
        LEAF_KEY: _pem(leaf_key),
    }


def _name(school: str, role: str) -> x509.Name:
    """X.520 allows 64 characters in each part."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in school).split())
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "GB"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, plain[:64].strip() or "School"),
            x509.NameAttribute(NameOID.COMMON_NAME, role),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS)
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
