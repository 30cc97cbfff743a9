"""Make up flats.csv, a table as people have them: numbers, texts, a date, gaps.

python make_flats.py > flats.csv
"""

import csv
import datetime
import random
import sys

ROWS, FIRST_DAY = 400, datetime.date(2025, 1, 1)
COLUMNS = ("district", "area_m2", "rooms", "built", "heating", "balcony", "extras", "free_from", "rent")
# What a square metre costs in a district; how common a heating is; what something else adds to the rent.
DISTRICTS = {"Harbour": 17.5, "Old Town": 16.0, "Riverside": 14.0, "Mill Hill": 11.5, "Northgate": 10.0}
HEATING = {"gas": 5, "district heating": 4, "heat pump": 2, "oil": 1}
EXTRAS = {"parquet": 35, "fitted kitchen": 60, "lift": 25, "quiet street": 20, "needs painting": -40}


def flat(chance: random.Random) -> list[object]:
    """Return one row: what a flat is like, then its rent."""
    district, area = chance.choice(list(DISTRICTS)), round(chance.triangular(22, 140, 60), 1)
    rooms = max(1, round(area / 25 + chance.uniform(-0.8, 0.8)))
    built = chance.randint(1900, 2023)
    (heating,) = chance.choices(list(HEATING), list(HEATING.values()))
    balcony = chance.random() < 0.4
    extras = [name for name in EXTRAS if chance.random() < 0.3]
    free_from = FIRST_DAY + datetime.timedelta(days=chance.randrange(365))
    by_area = area * DISTRICTS[district] * (1 - 0.15 * (area > 90)) * (1 + 0.2 * (built >= 2000))
    by_kind = 45 * balcony + 40 * (heating == "heat pump") + sum(EXTRAS[name] for name in extras)
    rent = round((by_area + by_kind + 0.25 * (free_from - FIRST_DAY).days) * chance.uniform(0.93, 1.07))
    known = [value if chance.random() < 0.9 else "" for value in (built, heating)]  # nobody knows everything
    return [district, area, rooms, *known, "yes" if balcony else "no", ", ".join(extras), free_from, rent]


if __name__ == "__main__":
    chance = random.Random(7)
    rows = [COLUMNS, *(flat(chance) for _ in range(ROWS))]
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
