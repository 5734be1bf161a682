#!/usr/bin/env python3
"""What `cairn insights` finds of simulated attacks, and how often it cries over ordinary work.

    bench/behaviour.py CAIRN FOLDER [--seeds 201 202] [--scenario disguises] [--thresholds 2.5 3.5 5]

Simulates a month of an organisation for each seed into FOLDER, runs the behaviour and rate insights over it and
holds them against the truth that the simulation wrote beside the logs. An attack counts as found when an alert names
one of its events, or its principal within its hours. Attacks during the learning period cannot be found and are left out.
Alerts beyond an account's daily budget count for nothing; neither does one alert for two attacks.
"""

import argparse
import collections
import datetime
import json
import pathlib
import subprocess


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Truth:
    def __init__(self, folder):
        self.incidents = {line["incident"]: line for line in lines_of(folder / "truth/incidents.jsonl")}
        self.by_event = {}
        self.principals = collections.defaultdict(set)
        for event in lines_of(folder / "truth/events.jsonl"):
            self.by_event[event["eventID"]] = event["incident"]
            self.principals[event["incident"]].add(role_of(event["principal"]))
        hour = datetime.timedelta(hours=1)
        for incident in self.incidents.values():
            incident["from"] = time_of(incident["start"]) - hour
            incident["to"] = time_of(incident["end"]) + hour

    def incidents_of(self, alert):
        found = {self.by_event[event] for event in alert["eventIDs"] if event in self.by_event}
        for name, incident in self.incidents.items():
            when = time_of(alert["first"])
            if role_of(alert["principal"]) in self.principals[name] and incident["from"] <= when <= incident["to"]:
                found.add(name)
        return found


def role_of(principal):
    """An assumed role's session and the role itself are one."""
    if ":assumed-role/" in principal:
        return principal.split(":assumed-role/")[1].split("/")[0]
    return principal.split("/")[-1]


def insights(cairn, logs, *options):
    done = subprocess.run([cairn, "insights", str(logs), "--json", "-q", *options], stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"cairn insights ended with {done.returncode}")
    return [json.loads(line)["insightDetails"] | {"at": json.loads(line)["eventTime"]} for line in done.stdout.splitlines()]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("cairn")
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--seeds", type=int, nargs="+", default=[201])
    arguments.add_argument("--scenario", default="disguises")
    arguments.add_argument("--thresholds", type=float, nargs="+", default=[2.5, 3.5, 5])
    arguments.add_argument("--learning-days", type=float, default=3)
    arguments.add_argument("--show", action="store_true", help="print every benign alert and every attack missed")
    chosen = arguments.parse_args()
    learning = datetime.timedelta(days=chosen.learning_days)
    for threshold in chosen.thresholds:
        hits, total = collections.Counter(), collections.Counter()
        benign = alerts = days = rates = 0
        for seed in chosen.seeds:
            folder = chosen.folder / f"{chosen.scenario}-{seed}"
            if not (folder / "truth/incidents.jsonl").exists():
                subprocess.run([chosen.cairn, "simulate", "--scenario", chosen.scenario, "--seed", str(seed), "-q", str(folder)],
                               check=True)
            truth = Truth(folder)
            said = insights(chosen.cairn, folder / "AWSLogs", "--threshold", str(threshold),
                            "--learning", f"{int(chosen.learning_days * 24)}h")
            plan = json.loads((folder / "simulation.json").read_text())["plan"]
            start = time_of(plan["start"]) + learning
            days += (time_of(plan["end"]) - start).total_seconds() / 86400
            found = set()
            for alert in said:
                if alert["insightType"] != "PrincipalBehavior":
                    rates += alert["state"] == "Start"
                    continue
                if alert["overDailyBudget"]:
                    continue
                alerts += 1
                attacks = truth.incidents_of(alert)
                found |= attacks
                benign += not attacks
                if chosen.show and not attacks:
                    print(f"  benign {alert['at']} {alert['score']:.1f} {alert['summary']}")
            for name, incident in truth.incidents.items():
                if time_of(incident["start"]) < start:
                    continue
                total[incident["disguise"]] += 1
                hits[incident["disguise"]] += name in found
                if chosen.show and name not in found:
                    print(f"  missed {name} ({incident['disguise']})")
        recall = " ".join(f"{kind} {hits[kind] / total[kind]:.2f}" for kind in sorted(total))
        print(f"threshold {threshold}: recall {sum(hits.values()) / max(1, sum(total.values())):.2f} of {sum(total.values())} "
              f"attacks ({recall}), {benign / days:.2f} benign alerts a day, precision {(alerts - benign) / max(1, alerts):.2f}; "
              f"rate insights {rates / days:.2f} a day")


if __name__ == "__main__":
    main()
