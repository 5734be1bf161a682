#!/usr/bin/env python3
"""Writes content/country-distances.tsv: how far countries are apart at least.

    npm install world-atlas@2 i18n-iso-countries@7
    tools/make_country_distances.py node_modules > content/country-distances.tsv

Outlines are Natural Earth's at 1:50m (public domain) as world-atlas (ISC) packs them, with all that belongs to a country, far
islands too; codes are of i18n-iso-countries (MIT). What has no outline of its own there is left out: nothing is said of it.
"""

import json
import math
import sys
from collections import defaultdict

EARTH_KM = 6371.0
STEP = 0.2  # degrees: outlines are looked at in cells of this size
COARSE = 2.0
MARGIN_KM = 100  # outlines and cells are coarse: so much is taken off
UNIT_KM = 100
# Without an ISO code, but addresses there have one of these.
UNNAMED = {"Somaliland": ["SO"], "N. Cyprus": ["CY"], "Kosovo": ["XK", "RS"]}


def outlines(topology, codes):
    """Yields country codes, and (longitude, latitude) along an outline."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]

    def decoded(arc):
        x = y = 0
        for dx, dy in arc:
            x, y = x + dx, y + dy
            yield x * scale[0] + shift[0], y * scale[1] + shift[1]

    arcs = [list(decoded(arc)) for arc in topology["arcs"]]
    for shape in topology["objects"]["countries"]["geometries"]:
        number, name = shape.get("id"), shape["properties"]["name"]
        countries = [codes[number]] if number in codes else UNNAMED.get(name, [])
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        for polygon in polygons:
            for ring in polygon:
                for arc in ring:
                    yield countries, arcs[arc if arc >= 0 else ~arc]


def along(points):
    """The points, and so many between them that no step is longer than STEP."""
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        steps = max(1, math.ceil(max(abs(x1 - x0), abs(y1 - y0)) / STEP))
        for i in range(steps + 1):
            yield x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps


def cell(point, size):
    return round(point[0] / size) * size, round(point[1] / size) * size


def direction(point):
    longitude, latitude = math.radians(point[0]), math.radians(point[1])
    return math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude)


def kilometres(a, b):
    chord = math.dist(a, b)
    return 2 * EARTH_KM * math.asin(min(1.0, chord / 2))


def least(a, b):
    """Between two countries: of coarse cells those that may be nearest, of these the fine ones."""
    slack = 4 * COARSE * math.sqrt(0.5) * math.pi / 180 * EARTH_KM
    pairs = [(kilometres(p, q), fine_a, fine_b) for p, fine_a in a for q, fine_b in b]
    nearest = min(pairs, key=lambda pair: pair[0])[0]
    return min(kilometres(p, q) for far, fine_a, fine_b in pairs if far <= nearest + slack for p in fine_a for q in fine_b)


def main():
    folder = sys.argv[1]
    with open(folder + "/world-atlas/countries-50m.json") as file:
        topology = json.load(file)
    with open(folder + "/i18n-iso-countries/codes.json") as file:
        codes = {row[2]: row[0] for row in json.load(file)}
    cells = defaultdict(lambda: defaultdict(set))
    for countries, points in outlines(topology, codes):
        for point in along(points):
            for country in countries:
                cells[country][cell(point, COARSE)].add(cell(point, STEP))
    countries = {country: [(direction(coarse), [direction(point) for point in sorted(fine)])
                           for coarse, fine in sorted(of.items())] for country, of in cells.items()}
    print("# How far countries are apart at least, in hundreds of kilometres: of each country, to those above it.")
    print("# Written by tools/make_country_distances.py from Natural Earth (public domain); do not edit.")
    names = sorted(countries)
    for i, name in enumerate(names):
        row = [max(0, int((least(countries[name], countries[other]) - MARGIN_KM) // UNIT_KM)) for other in names[:i]]
        print("\t".join([name] + [str(hundreds) for hundreds in row]))


main()
