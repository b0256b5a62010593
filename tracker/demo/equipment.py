"""What the sample school owns: about 400 things of every kind, as batches that were bought together."""

from dataclasses import dataclass

from tracker.demo import drives
from tracker.demo.drives import Storage
from tracker.inventory.rules import Ownership
from wipe.vocabulary import DataClass

SWITCH = "The maker's data sheet names no drive; it keeps its own settings only, and was reset."
PHONE = "A desk telephone without memory for recordings, says the maker's data sheet."
SMALL_PRINTER = "Opened the back: no drive, and the maker's sheet names none."
CAMERA = "Its memory card was taken out and is registered on its own."

CLASSES = (
    "Reception Class",
    "Year 1 Ash",
    "Year 1 Beech",
    "Year 2 Cedar",
    "Year 2 Elm",
    "Year 3 Hazel",
    "Year 3 Holly",
    "Year 4 Larch",
    "Year 4 Maple",
    "Year 5 Oak",
    "Year 5 Pine",
    "Year 6 Rowan",
    "Year 6 Willow",
)
OFFICES = ("School office", "Head teacher's office", "SENCO room", "Staff room", "Reception desk")


@dataclass(frozen=True)
class Batch:
    """Things of one model. `places` are filled in turn; `holders`: each has a person of its own, taken in turn."""

    kind: str
    make: str
    model: str
    count: int
    serial: str
    places: tuple[str, ...]
    pounds: int
    year: int
    name: str = ""  # {n} counts from 1, {place} is where it stands
    storage: tuple[Storage, ...] = ()
    no_storage: str = ""  # the reason of a statement that it holds none
    state: str = "in_use"  # in_use, in_store, in_repair, missing, redundant, or incoming: storage not told yet
    reason: str = ""
    ownership: Ownership = Ownership.SCHOOL
    data_class: DataClass = DataClass.PERSONAL
    holders: bool = False
    virtual: str = ""  # the file of the virtual drive that stands for the first one's storage


OLD = "Too slow for this year's software; the battery or the fan is worn."

BATCHES = (
    Batch("Laptop", "HP", "ProBook x360 11 G5 EE", 30, "5CD9#####@", ("Trolley A",), 329, 2020, "Pupil laptop A{n:02}",
          (drives.SSD_128,)),
    Batch("Laptop", "HP", "ProBook x360 11 G5 EE", 30, "5CD9#####@", ("Trolley B",), 329, 2020, "Pupil laptop B{n:02}",
          (drives.SSD_128,)),
    Batch("Laptop", "Lenovo", "ThinkPad L13 Gen 2", 22, "PF3@####", (*CLASSES, *OFFICES), 649, 2022,
          "Teacher laptop {n:02}",
          (drives.NVME_256,), holders=True, data_class=DataClass.SPECIAL),
    Batch("Laptop", "Dell", "Latitude 3440", 8, "#@@@@#3", ("IT store",), 585, 2026, "", state="incoming"),
    Batch("Laptop", "Dell", "Latitude 3190", 9, "#@@@@#2", ("IT store",), 279, 2018, "Old laptop {n}",
          (drives.SSD_128,),
          state="redundant", reason=OLD),
    Batch("Laptop", "Lenovo", "ThinkPad L390", 1, "R90V####", ("IT office",), 610, 2019, "Old deputy head's laptop",
          (drives.NVME_256,), state="redundant", reason=OLD, data_class=DataClass.SPECIAL, virtual="bay3.img"),
    Batch("Laptop", "Dell", "Latitude 3420", 1, "#@@@@#3", ("IT office",), 560, 2021, "Reading corner laptop",
          (drives.SSD_256,), state="in_store", virtual="bay2.img"),
    Batch("Laptop", "Lenovo", "ThinkPad E14 Gen 5", 6, "PF4@####", ("IT office",), 612, 2024, "Desk laptop {n}",
          (drives.NVME_256,), state="in_store"),
    Batch("Laptop", "HP", "ProBook 440 G7", 1, "5CD0#####@", ("Library",), 520, 2020, "Library laptop",
          (drives.SSD_256,),
          state="missing", reason="Not found at the count after the autumn fair."),
    Batch("Laptop", "Lenovo", "ThinkPad L13 Gen 2", 1, "PF3@####", ("IT office",), 649, 2022, "Supply laptop",
          (drives.NVME_256,), state="in_repair", reason="Broken hinge; in our own workshop, the drive stays in."),
    Batch("Desktop computer", "HP", "ProDesk 400 G6 Mini", 30, "8CC0#####@", ("ICT suite",), 439, 2020,
          "ICT suite {n:02}",
          (drives.NVME_256,)),
    Batch("Desktop computer", "Dell", "OptiPlex 3080", 6, "#@@@@#3", OFFICES, 465, 2021, "{place} computer",
          (drives.NVME_512,), data_class=DataClass.SPECIAL),
    Batch("Desktop computer", "Dell", "OptiPlex 7010", 1, "#@@@@#1", ("IT office",), 480, 2014, "Old office computer",
          (drives.HDD_500,), state="redundant", reason=OLD, data_class=DataClass.SPECIAL, virtual="bay1.img"),
    Batch("Desktop computer", "Dell", "OptiPlex 7010", 5, "#@@@@#1", ("IT store",), 480, 2014, "Old computer {n}",
          (drives.HDD_500,), state="redundant", reason=OLD),
    Batch("Desktop computer", "Fujitsu", "Esprimo D556", 1, "YLXS######", ("IT store",), 0, 2025,
          "Gift of a parent's firm",
          state="incoming", ownership=Ownership.DONATED),
    Batch("Desktop computer", "IGEL", "UD3 thin client", 2, "14D3F0#######", ("Library",), 310, 2021, "Catalogue {n}",
          no_storage="Opened it: the only flash is read-only and holds the maker's system."),
    Batch("All-in-one computer", "HP", "ProOne 440 G6", 8, "8CC1#####@", ("Staff room", "PPA room", "Library"), 690,
          2021,
          "{place} {n}", (drives.SSD_256,)),
    Batch("Chromebook", "Lenovo", "100e Chromebook Gen 3", 32, "YX0#####", ("Trolley C",), 189, 2023,
          "Chromebook C{n:02}",
          (drives.EMMC_32,)),
    Batch("Chromebook", "Acer", "Chromebook 311", 30, "NXHKGEK00########", ("Year 6 Rowan",), 175, 2022,
          "Chromebook R{n:02}", (drives.EMMC_32,), ownership=Ownership.DFE),
    Batch("Tablet", "Apple", "iPad 9th generation", 30, "DMPH@#@@Q1GC", ("Trolley D",), 319, 2022, "iPad {n:02}",
          (drives.FLASH_64,)),
    Batch("Tablet", "Apple", "iPad 6th generation", 4, "GCTW@#@@JF8J", ("IT store",), 299, 2018, "Old iPad {n}",
          (drives.FLASH_64,), state="redundant", reason="No longer gets security updates from the maker."),
    Batch("Server", "HPE", "ProLiant ML350 Gen10", 1, "CZ2#####@@", ("Rack",), 3890, 2021, "SRV-1",
          (drives.SAS_1200,) * 4, data_class=DataClass.SPECIAL),
    Batch("Server", "HPE", "ProLiant ML110 Gen9", 1, "CZ2#####@@", ("IT office",), 1450, 2015, "Old SRV-0",
          (drives.HDD_1000,) * 2, state="redundant", reason="Replaced by SRV-1; kept until its disks are wiped.",
          data_class=DataClass.SPECIAL, virtual="bay4.img"),
    Batch("Network storage (NAS)", "Synology", "DS920+", 1, "2040SBR######", ("Rack",), 520, 2021, "BACKUP-NAS",
          (drives.NAS_4000,) * 4, data_class=DataClass.SPECIAL),
    Batch("Tape drive", "HPE", "StoreEver LTO-7 Ultrium", 1, "MXA###@@@@", ("Rack",), 2650, 2021, "Tape drive"),
    Batch("CCTV recorder", "Hikvision", "DS-7716NI-K4", 1, "DS-77160820###CCWR@########", ("Rack",), 640, 2020,
          "Gate and yard cameras", (drives.CCTV_4000,)),
    Batch("UPS", "APC", "Smart-UPS 1500", 3, "AS2######@##", ("Rack", "IT office", "School office"), 480, 2021,
          "UPS {n}"),
    Batch("Switch or router", "HPE Aruba", "2930F 48G", 5, "CN9#####@@", ("Rack", "Hall", "Nursery room"), 1120, 2021,
          "Switch {n}", no_storage=SWITCH),
    Batch("Switch or router", "DrayTek", "Vigor 2865", 1, "DR######@@@", ("Rack",), 210, 2022, "Router",
          no_storage=SWITCH, ownership=Ownership.LOCAL_AUTHORITY),
    Batch("Wireless access point", "HPE Aruba", "AP-505", 16, "PHN@@#####", (*CLASSES, "Hall", "Library", "Staff room"),
          310, 2021, "Access point {n:02}", no_storage=SWITCH),
    Batch("Wireless access point", "HPE Aruba", "AP-615", 2, "PHR@@#####", ("IT store",), 390, 2026, "",
          state="incoming"),
    Batch("Printer or copier", "Ricoh", "IM C3000", 2, "30##M######", ("School office", "PPA room"), 0, 2022,
          "Copier {place}", (drives.HDD_320,), ownership=Ownership.LEASED, data_class=DataClass.SPECIAL),
    Batch("Printer or copier", "HP", "LaserJet Pro M404dn", 5, "PHB#@#####", OFFICES, 199, 2020, "Printer {place}",
          no_storage=SMALL_PRINTER),
    Batch("Projector", "Epson", "EB-L200F", 6, "X4YV#######", ("Hall", *CLASSES[:5]), 980, 2021, "Projector {place}"),
    Batch("Projector", "Hitachi", "CP-AX2503", 3, "F5A######", ("IT store",), 640, 2014, "Old projector {n}",
          state="redundant", reason="The lamp is no longer made."),
    Batch("Interactive panel", "Promethean", "ActivPanel 9 75\"", 13, "B75#######@", CLASSES, 1890, 2023,
          "Panel {place}",
          (drives.EMMC_64,)),
    Batch("Monitor", "Dell", "P2422H", 30, "CN0#@@@@WSL00#######", ("ICT suite",), 145, 2020, "Monitor {n:02}"),
    Batch("Monitor", "Dell", "P2422H", 12, "CN0#@@@@WSL00#######", OFFICES, 145, 2021, "Monitor {place}"),
    Batch("Camera", "Canon", "PowerShot SX70", 7, "68203#######", CLASSES[:7], 420, 2021, "Camera {place}",
          (drives.SD_32,), data_class=DataClass.SPECIAL),
    Batch("Camera", "Panasonic", "HC-V180", 1, "DN8EA######", ("IT office",), 230, 2019, "Play video camera",
          no_storage=CAMERA, state="in_store"),
    Batch("Telephone", "Yealink", "SIP-T43U", 20, "80115#@#######", (*CLASSES, *OFFICES), 78, 2022, "Phone {place}",
          no_storage=PHONE),
    Batch("Mobile phone", "Samsung", "Galaxy A14", 3, "R58W#@#####", ("School office",), 129, 2024, "Trip phone {n}",
          (drives.FLASH_64,), state="in_store"),
    Batch("Visualiser", "Elmo", "MO-2", 13, "1#####", CLASSES, 235, 2020, "Visualiser {place}"),
    Batch("Other equipment", "Zebra", "DS2208 hand scanner", 1, "S2#######@#", ("IT office",), 95, 2024, "Scanner",
          no_storage="Reads barcodes and types them; it has no memory of its own."),
    Batch("Security token", "Yubico", "Security Key NFC", 2, "2########", ("School office",), 29, 2025, "Token {n}"),
    Batch("Key or access card", "Paxton", "Proximity fob", 3, "1########", ("School office",), 4, 2024, "Fob {n}"),
)  # fmt: skip

LOOSE = (  # (what, how many, what is noted, the file of the virtual drive that stands for the first one)
    (drives.LTO_7, 12, "Backup tape, in the fire safe", ""),
    (drives.STICK_16, 6, "Handed in by staff when sticks were forbidden", ""),
    (drives.HDD_500, 2, "Taken out of computers that went before this register", ""),
    (drives.STICK_16, 1, "Found in the staff room", "usb1.img"),
)
