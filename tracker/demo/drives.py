"""The virtual drives of the demonstration's station, and what real drives look like in a register."""

import random
from dataclasses import dataclass

from wipe.vocabulary import Medium

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
GB = 10**9


@dataclass(frozen=True)
class VirtualDrive:
    """A file that stands for a drive. `marker` is the text that fills it: a wipe must leave none of it."""

    file: str
    make: str
    model: str
    serial: str
    kind: Medium
    capacity_mib: int
    marker: str
    registered: bool = True  # False: it is in no asset and in no register, as things are that people just bring


def _marker(what: str) -> str:
    return f"CARETAKER DEMONSTRATION, NOT REAL: {what}"


VIRTUAL_DRIVES = (
    VirtualDrive(
        "bay1.img", "Seagate", "ST500DM002-1BD142", "Z3TK7Q2V", Medium.HDD, 1024,
        _marker("pupil record, Year 4, support plan and reading ages"),
    ),
    VirtualDrive(
        "bay2.img", "Samsung", "SSD 870 EVO 250GB", "S6PENX0T417263K", Medium.SSD, 32,
        _marker("class photographs of a school journey"),
    ),
    VirtualDrive(
        "bay3.img", "KIOXIA", "KBG40ZNS256G", "Y1JPH4FYQCS4", Medium.NVME, 64,
        _marker("staff appraisal letters and pay points"),
    ),
    VirtualDrive(
        "bay4.img", "Western Digital", "WD1003FBYX-01Y7B1", "WD-WCAW37415526", Medium.HDD, 40,
        _marker("server backup, dinner money accounts"),
    ),
    VirtualDrive(
        "usb1.img", "SanDisk", "Ultra USB 3.0", "4C530001240528116345", Medium.USB_FLASH, 16,
        _marker("safeguarding notes that should never have been on a stick"),
    ),
    VirtualDrive(
        "usb2.img", "Kingston", "DataTraveler 100 G3", "60A44C425324F1A0B9730147", Medium.USB_FLASH, 24,
        _marker("a stick that somebody found in the car park"), registered=False,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Storage:
    """A model of drive, tape or stick. In `serial` a # stands for a digit, an @ for a letter, a * for either."""

    kind: Medium
    make: str
    model: str
    gigabytes: int
    serial: str


SSD_128 = Storage(Medium.SSD, "SK hynix", "SC313 SATA 128GB", 128, "MJ88N0@@#####@@@#")
SSD_256 = Storage(Medium.SSD, "Samsung", "MZ7LN256HAJQ", 256, "S3TWNX0K######")
NVME_256 = Storage(Medium.NVME, "KIOXIA", "KBG40ZNS256G", 256, "@#@PH4F*QCS*#@")
NVME_512 = Storage(Medium.NVME, "Western Digital", "PC SN530 512GB", 512, "2#####8#####")
HDD_500 = Storage(Medium.HDD, "Seagate", "ST500DM002-1BD142", 500, "Z3T@@@##")
HDD_1000 = Storage(Medium.HDD, "Toshiba", "DT01ACA100", 1000, "##@#@@@AS")
HDD_320 = Storage(Medium.HDD, "Toshiba", "MQ01ABF032", 320, "##@PC##T@")
NAS_4000 = Storage(Medium.HDD, "Western Digital", "WD40EFRX-68N32N0", 4000, "WD-WCC7K#@@####")
SAS_1200 = Storage(Medium.HDD, "HPE", "EG001200JWJNQ", 1200, "WFK#####0000@###@@@@")
CCTV_4000 = Storage(Medium.HDD, "Seagate", "ST4000VX007-2DT166", 4000, "ZDH#@@@#")
EMMC_32 = Storage(Medium.EMMC, "Samsung", "BJTD4R", 32, "0x########")
EMMC_64 = Storage(Medium.EMMC, "SK hynix", "HBG4a2", 64, "0x########")
FLASH_64 = Storage(Medium.EMMC, "", "Built-in flash", 64, "")
SD_32 = Storage(Medium.SD, "SanDisk", "Ultra SDHC 32GB", 32, "BL1##########@")
STICK_16 = Storage(Medium.USB_FLASH, "Kingston", "DataTraveler 100 G3", 16, "60A44C4253##@#@@B9######")
LTO_7 = Storage(Medium.TAPE, "HPE", "LTO-7 Ultrium", 6000, "SB####L7")


def draw(rng: random.Random, pattern: str) -> str:
    """A serial number of this pattern."""
    wild = {"#": "0123456789", "@": LETTERS, "*": "0123456789" + LETTERS}
    return "".join(rng.choice(wild[c]) if c in wild else c for c in pattern)
