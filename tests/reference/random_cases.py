"""Random nasty cases: an input and a scorebook by seed, and their files.

`PYTHONPATH=tests .venv/bin/python -m reference.random_cases SEED FOLDER` writes the case of one seed.
"""

import json
import sys
from dataclasses import dataclass
from datetime import datetime

from .chance import BAD_BOOLEANS, BAD_NUMBERS, BAD_OBJECTS, DAY, MICROSECOND, Chance
from .files import write
from .landed import TABLES
from .random_scorebook import ASSETS, CHANNELS, EVENT_TYPES, OPTIONAL_FILES, ROLES, STAGES, ScorebookMaker


@dataclass
class Case:
    """An input, a scorebook and the moment to score for; `formats` says how each table is written."""

    seed: int
    as_of: datetime
    landed: dict
    scorebook: dict
    formats: dict


def make(seed, as_of=None):
    """The case of a seed, or one like it that ends at another moment."""
    return _CaseMaker(seed, as_of).case


class _CaseMaker:
    def __init__(self, seed, as_of):
        chance = self.chance = Chance(seed, as_of)
        self.ids = ["007", "7", "7|r00", "C1", "1e2", *(f"c{n}" for n in range(1, chance.number(26, 52)))]
        self.quiet = ["quiet 1", "quiet 2"]
        self.aliases = ["old 1", "old 2", "old 3", "c5", "C1", "anon-9", "anon-8", "to nobody"]
        self.unknown = ["nobody", "c1 ", "c3x"]
        self.accounts = [f"acme {n}" for n in range(1, 6)] + ["12"]
        book = ScorebookMaker(chance, self.ids + self.aliases[:2] + self.unknown[:1])
        landed = {
            "contacts": self.contacts(),
            "contact_aliases": self.alias_rows(),
            "accounts": self.account_rows(),
            "stage_changes": self.stage_changes(),
            "attribute_changes": self.attribute_changes(),
            "events": self.events(chance.sometimes(0.95, chance.number(600, 1500), 0)),
            "survey_responses": self.survey_responses(),
            "conversions": self.conversions(),
        }
        if chance.sometimes(0.04, True):
            landed["contacts"] = []
        self.repeat(landed)
        self.spoil(landed)
        self.leave_out(landed)
        for rows in landed.values():
            chance.random.shuffle(rows)
        book.triggers()  # these after all else, so that they change nothing else in the case of a seed
        book.health_states()
        scorebook = {
            name: rows for name, rows in book.files.items() if rows or name not in OPTIONAL_FILES or chance.number(0, 1)
        }
        formats = {name: chance.one(["csv", "csv", "jsonl", "parquet", "csv folder"]) for name in landed}
        self.case = Case(seed, chance.as_of, landed, scorebook, formats)

    def anyone(self):
        """A contact, an alias, or nobody known."""
        return self.chance.one(self.ids * 4 + self.aliases * 2 + self.unknown)

    def contacts(self):
        """One row per contact, and rows of ids that are aliases too."""
        chance, rows = self.chance, []
        for contact_id in [*self.ids, *self.quiet, "anon-9"]:
            later = chance.as_of + chance.one([MICROSECOND, DAY, 2 * DAY])
            created_at = chance.sometimes(0.06, later) or chance.moment()
            domain = chance.one(["client.example", "rival.example"])
            rows.append(
                {
                    "contact_id": contact_id,
                    "account_id": chance.one([*self.accounts, "unknown account", chance.blank()]),
                    "email": chance.sometimes(0.8, f"{contact_id}@{domain}"),
                    "created_at": chance.stamp(created_at, bad=0.02),
                    "opted_out": chance.one([None, " TRUE", "f", "0", "no", "Yes", "false"]),
                    "buying_role": chance.landed(chance.one([*ROLES, None])),
                    "Job Title": chance.landed(chance.one(["Manager", "student", "Head of IT", "intern", None, " "])),
                    "employees": chance.one(["50", "1e2", "9.5", "many", None, "100", "1,000"]),
                }
            )
        return rows

    def alias_rows(self):
        """A chain of three, ids that are contacts too, one whose contact never lands, and two that land twice."""
        pairs = [("old 1", "old 2"), ("old 2", "old 3"), ("old 3", "c2"), ("c5", "c6"), ("C1", "c1")]
        pairs += [("anon-9", "c3"), ("anon-8", "007"), ("to nobody", "never landed"), ("old 3", "c9"), ("c5", "c4")]
        return [{"alias_id": alias, "contact_id": contact} for alias, contact in pairs]

    def account_rows(self):
        """Accounts, one of them missing now and then."""
        chance = self.chance
        return [
            {
                "account_id": account,
                "name": chance.one(["Acme, Ltd.", 'The "Best"', "Ünal"]),
                "domain": chance.one([f"a{number}.example", None, "else.test"]),
                "industry": chance.landed(chance.one(["retail", "banking", None])),
                "tier": chance.one(["1", "2", "3.0", "x", None]),
            }
            for number, account in enumerate(self.accounts)
            if chance.sometimes(0.85, True)
        ]

    def stage_changes(self):
        """Changes of stage: several at one moment, to the same stage, before created_at, to stages unknown."""
        chance = self.chance
        return [
            {
                "contact_id": self.anyone(),
                "stage": chance.landed(chance.one([*STAGES, *STAGES, *STAGES, "unheard of"])),
                "changed_at": chance.stamp(chance.landing()),
            }
            for _ in range(chance.number(40, 160))
        ]

    def attribute_changes(self):
        """Changes of attributes, values unset among them."""
        chance = self.chance
        values = {
            "Job Title": ["Manager", "student", "Head of IT", "Intern"],
            "employees": ["5", "100", "many"],
            "industry": ["retail", "banking"],
            "tier": ["1", "3"],
            "nowhere": ["x", "y"],
            "job title": ["manager"],
        }
        rows = []
        for _ in range(chance.number(20, 120)):
            entity = chance.one(["contact", "contact", "account"])
            if entity == "contact":
                entity_id, attribute = self.anyone(), chance.one(["Job Title", "employees", "nowhere", "job title"])
            else:
                entity_id, attribute = chance.one([*self.accounts, "unknown account"]), chance.one(["industry", "tier"])
            rows.append(
                {
                    "entity": chance.landed(entity),
                    "entity_id": entity_id,
                    "attribute": attribute,
                    "value": chance.one([*values[attribute], chance.blank()]),
                    "changed_at": chance.stamp(chance.landing()),
                }
            )
        return rows

    def events(self, count):
        """Events; a few carry what they received late."""
        chance = self.chance
        rows = []
        for number in range(count):
            occurred_at = chance.landing()
            received_at = chance.sometimes(0.3, occurred_at + chance.one([MICROSECOND, DAY, -DAY, 5 * DAY]))
            rows.append(
                {
                    "event_id": chance.one(["e", "", "0", "E|", "e "]) + f"{number}",
                    "contact_id": self.anyone(),
                    "event_type": chance.landed(chance.one([*EVENT_TYPES, *EVENT_TYPES, "mystery"])),
                    "occurred_at": chance.stamp(occurred_at),
                    "channel": chance.landed(chance.one([*CHANNELS, None])),
                    "asset": chance.landed(chance.one([*ASSETS, None, ""])),
                    "properties": self.properties(),
                    "received_at": received_at and chance.stamp(received_at),
                }
            )
        return rows

    def properties(self):
        """A JSON object as text, an empty cell, or something that is no object."""
        chance = self.chance
        if chance.sometimes(0.2, True):
            return chance.blank()
        if chance.sometimes(0.015, True):
            return chance.one(BAD_OBJECTS)
        found = {
            "minutes": chance.one([1, 2.5, -3, 0, "4", " 2 ", "1,000", None, True, 0.1234, 1.00005, [1]]),
            "plan": chance.one(["pro", "Free", " trial ", "", None, 4, "É"]),
            "is_bot": chance.one([True, False, None, "true"]),
            "tags": chance.one([["a", "b"], [], {"b": 1}, "b"]),
            'it\'s "x".$1': chance.one(["a,b", 2, None, {"k": [1, {"z": "é"}]}]),
            "time.on page": chance.one([30, 29.5, "30", -5, "x", 1e308]),
        }
        kept = {name: value for name, value in found.items() if chance.sometimes(0.6, True)}
        return json.dumps(kept, ensure_ascii=chance.one([True, False]))

    def survey_responses(self):
        """Survey responses, several of one contact at one moment among them."""
        chance = self.chance
        return [
            {
                "response_id": f"s{number}",
                "contact_id": self.anyone(),
                "rating": chance.one([*map(str, range(11)), "7.0", "6.5", "8.5", " 9", "11", "-1", "ten", "1e1"]),
                "responded_at": chance.stamp(chance.landing()),
                "survey": chance.landed(chance.one(["spring", "spring", "autumn", None])),
            }
            for number in range(chance.number(0, 120))
        ]

    def conversions(self):
        """Conversions."""
        chance = self.chance
        return [
            {
                "contact_id": self.anyone(),
                "converted_at": chance.stamp(chance.landing()),
                "amount": chance.one(["10", "1.5e3", None, *BAD_NUMBERS]),
            }
            for _ in range(chance.number(0, 30))
        ]

    def repeat(self, landed):
        """Duplicates: identical rows, and rows of one id that differ in one or two cells."""
        chance = self.chance
        for table, rows in landed.items():
            for row in chance.random.sample(rows, len(rows) // 25):
                copy, other = dict(row), chance.one(rows)
                for column in chance.random.sample(sorted(copy), chance.number(0, 2)):
                    if column != TABLES[table].id and table != "contact_aliases":
                        copy[column] = other[column]
                rows.append(copy)

    def spoil(self, landed):
        """Rows without a key, and booleans that are none."""
        chance = self.chance
        for table, rows in landed.items():
            for row in chance.random.sample(rows, len(rows) // 60):
                row[chance.one(TABLES[table].required)] = chance.blank()
        for row in landed["contacts"]:
            row["opted_out"] = chance.sometimes(0.02, chance.one(BAD_BOOLEANS), row["opted_out"])
        for row in landed["attribute_changes"]:
            row["entity"] = chance.sometimes(0.02, "company", row["entity"])

    def leave_out(self, landed):
        """Optional tables and columns that never landed."""
        chance = self.chance
        for table in list(landed):
            if table not in ("events", "contacts") and chance.sometimes(0.12, True):
                del landed[table]
        for table, rows in landed.items():
            for column in TABLES[table].optional:
                if chance.sometimes(0.06, True):
                    for row in rows:
                        del row[column]


if __name__ == "__main__":
    chosen = make(int(sys.argv[1]))
    print(*write(chosen, sys.argv[2]), "--as-of", chosen.as_of.isoformat())
