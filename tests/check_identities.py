#!/usr/bin/env python3
"""Compares what `cairn sessions` says of origins with the truth that `cairn simulate` writes beside its logs.

    tests/check_identities.py --cairn build/cairn

Of the events whose chain of credentials is in the logs the origin must be right for 99 %, and where it is called certain it must never be wrong.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SIMULATIONS = (("--seed", "1"), ("--seed", "2", "--attack", "all", "--length", "2d"), ("--seed", "3", "--size", "medium", "--organization-trail"))


def expected(truth):
    """Returns a test of the origin's name for one line of truth/identities.jsonl."""
    origin = truth["origin"]
    if origin.startswith("single-sign-on/"):
        return lambda name: name == origin.removeprefix("single-sign-on/")
    if ":repo:" in origin:
        provider, repository = origin.split(":", 1)
        return lambda name: name == f"{repository} at {provider}"
    if ":role/aws-service-role/" in origin:
        service = origin.split(":role/aws-service-role/")[1].split("/")[0]
        return lambda name: name == service
    if ":role/" in origin:
        return lambda name: name.endswith("role/" + origin.rsplit("/", 1)[1])
    if origin.endswith(":root"):  # of an account that the logs are not of no more than the account can be told
        return lambda name: name == origin or name.startswith(f"account:{origin.split(':')[4]}/")
    return lambda name: name == origin


def check(cairn, options, folder):
    subprocess.run([cairn, "simulate", folder, *options], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    truths = {}
    for line in (folder / "truth/identities.jsonl").read_text().splitlines():
        truth = json.loads(line)
        truths[truth["access_key"]] = truth
    lines = subprocess.run([cairn, "sessions", folder / "AWSLogs", "--json", "--quiet"], check=True, capture_output=True, text=True).stdout
    told, right, wrong = 0, 0, []
    for line in lines.splitlines():
        session = json.loads(line)
        truth = truths.get(session["access_key"])
        if truth is None:
            continue
        is_right = expected(truth)(session["origin"])
        if truth["how"] != "before":
            told += session["events"]
            right += session["events"] if is_right else 0
        if session["certain"] and not is_right:
            wrong.append(f"{session['access_key']}: certainly {session['origin']}, in truth {truth['origin']}")
    share = right / told if told else 0.0
    print(f"{' '.join(options)}: {len(truths)} credentials; the origin of {right:,} of {told:,} events is right ({share:.2%}), {len(wrong)} certain ones wrong")
    for line in wrong[:10]:
        print("  " + line)
    return told > 0 and share >= 0.99 and not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cairn", type=Path, required=True)
    arguments = parser.parse_args()
    passed = True
    for options in SIMULATIONS:
        with tempfile.TemporaryDirectory() as folder:
            passed = check(arguments.cairn, options, Path(folder)) and passed
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
