"""OCSF 1.3.0 as far as Cairn writes it, and a check of events against it. Written by hand from the published schema (events/application/
api_activity.json, events/findings/detection_finding.json, events/base_event.json, profiles cloud and datetime, and the objects they use):
every attribute that the classes allow here, with its type; `!` marks the required ones. Anything else is a mistake."""

import ipaddress
from datetime import datetime, timezone

# Types: s text, i integer, b boolean, t milliseconds since 1970, j any JSON, ip address; [x] a list of x; a name: that object.
BASE = {
    "activity_id!": "i", "activity_name": "s", "category_uid!": "i", "category_name": "s", "class_uid!": "i", "class_name": "s", "count": "i",
    "end_time": "t", "message": "s", "metadata!": "metadata", "observables": ["observable"], "raw_data": "s", "severity_id!": "i", "severity": "s",
    "start_time": "t", "status": "s", "status_code": "s", "status_detail": "s", "status_id": "i", "time!": "t", "type_uid!": "i", "type_name": "s",
    "unmapped": "j", "cloud!": "cloud",
}
OBJECTS = {
    "api_activity": {**BASE, "actor!": "actor", "api!": "api", "src_endpoint!": "network_endpoint", "http_request": "http_request",
                     "resources": ["resource_details"]},
    "detection_finding": {**BASE, "finding_info!": "finding_info", "evidences": ["evidences"], "resources": ["resource_details"],
                          "remediation": "remediation"},
    "account": {"name": "s", "uid": "s", "type_id": "i", "type": "s"},
    "actor": {"app_name": "s", "session": "session", "user": "user"},
    "analytic": {"category": "s", "desc": "s", "name": "s", "type": "s", "type_id!": "i", "uid": "s", "version": "s"},
    "api": {"operation!": "s", "request": "request", "response": "response", "service": "service", "version": "s"},
    "attack": {"tactic": "tactic", "technique": "technique", "sub_technique": "sub_technique", "version": "s"},
    "cloud": {"account": "account", "provider!": "s", "region": "s"},
    "evidences": {"actor": "actor", "api": "api", "src_endpoint": "network_endpoint", "data": "j"},
    "feature": {"name": "s", "uid": "s", "version": "s"},
    "finding_info": {"analytic": "analytic", "attacks": ["attack"], "created_time": "t", "data_sources": ["s"], "desc": "s", "first_seen_time": "t",
                     "last_seen_time": "t", "modified_time": "t", "related_events": ["related_event"], "title!": "s", "types": ["s"], "uid!": "s"},
    "http_request": {"user_agent": "s", "uid": "s"},
    "metadata": {"event_code": "s", "log_name": "s", "log_provider": "s", "product!": "product", "profiles": ["s"], "uid": "s", "version!": "s"},
    "network_endpoint": {"ip": "ip", "uid": "s", "svc_name": "s", "name": "s"},
    "observable": {"name!": "s", "type_id!": "i", "type": "s", "value": "s"},
    "product": {"feature": "feature", "name": "s", "vendor_name!": "s", "version": "s"},
    "related_event": {"type_name": "s", "type_uid": "i", "uid!": "s"},
    "remediation": {"desc!": "s"},
    "request": {"data": "j", "uid!": "s"},
    "resource_details": {"cloud_partition": "s", "name": "s", "owner": "user", "region": "s", "uid": "s", "type": "s"},
    "response": {"data": "j", "error": "s", "error_message": "s"},
    "service": {"name": "s", "uid": "s"},
    "session": {"is_mfa": "b", "issuer": "s", "uid": "s"},
    "sub_technique": {"name": "s", "uid": "s"},
    "tactic": {"name": "s", "uid": "s"},
    "technique": {"name": "s", "uid": "s"},
    "user": {"account": "account", "credential_uid": "s", "name": "s", "type": "s", "type_id": "i", "uid": "s", "uid_alt": "s"},
}
AT_LEAST_ONE = {
    "account": ["name", "uid"], "actor": ["user", "session", "app_name"], "attack": ["tactic", "technique", "sub_technique"],
    "evidences": ["actor", "api", "data", "src_endpoint"], "feature": ["name", "uid"], "network_endpoint": ["ip", "uid", "name", "svc_name"],
    "resource_details": ["name", "uid"], "service": ["name", "uid"], "sub_technique": ["name", "uid"], "tactic": ["name", "uid"],
    "technique": ["name", "uid"], "user": ["account", "name", "uid"],
}
CAPTIONS = {
    ("severity_id", "severity"): {0: "Unknown", 1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical", 6: "Fatal", 99: "Other"},
    ("category_uid", "category_name"): {2: "Findings", 6: "Application Activity"},
    ("class_uid", "class_name"): {2004: "Detection Finding", 6003: "API Activity"},
}
ACTIVITIES = {2004: {1: "Create", 2: "Update", 3: "Close"}, 6003: {0: "Unknown", 1: "Create", 2: "Read", 3: "Update", 4: "Delete", 99: "Other"}}
STATUSES = {2004: {1: "New", 2: "In Progress", 3: "Suppressed", 4: "Resolved"}, 6003: {0: "Unknown", 1: "Success", 2: "Failure", 99: "Other"}}
OBSERVABLES = {2: "IP Address", 4: "User Name", 16: "HTTP User-Agent", 19: "User Credential ID"}
USER_TYPES = {0: "Unknown", 1: "User", 2: "Admin", 3: "System"}


def check_value(kind, value, where):
    if isinstance(kind, list):
        assert isinstance(value, list), f"{where}: not a list"
        for index, item in enumerate(value):
            check_value(kind[0], item, f"{where}[{index}]")
    elif kind == "s":
        assert isinstance(value, str), f"{where}: not a text: {value!r}"
    elif kind in ("i", "t"):
        assert isinstance(value, int) and not isinstance(value, bool), f"{where}: not an integer: {value!r}"
    elif kind == "b":
        assert isinstance(value, bool), f"{where}: not a boolean: {value!r}"
    elif kind == "ip":
        ipaddress.ip_address(value)
    elif kind != "j":
        check_object(kind, value, where)


def check_object(name, value, where):
    assert isinstance(value, dict), f"{where}: not an object"
    known = {key.rstrip("!"): kind for key, kind in OBJECTS[name].items()}
    for key in OBJECTS[name]:
        assert not key.endswith("!") or key[:-1] in value, f"{where}: {key[:-1]} is required"
    for key, item in value.items():
        # The profile datetime gives every time a twin in RFC 3339.
        if key.endswith("_dt") and known.get(key[:-3]) == "t":
            twin = datetime.fromisoformat(item.replace("Z", "+00:00")).astimezone(timezone.utc)
            assert round(twin.timestamp() * 1000) == value[key[:-3]], f"{where}.{key}: is not {key[:-3]}"
            continue
        assert key in known, f"{where}: OCSF 1.3.0 has no attribute {key} in {name}"
        check_value(known[key], item, f"{where}.{key}")
    if name in AT_LEAST_ONE:
        assert any(key in value for key in AT_LEAST_ONE[name]), f"{where}: none of {AT_LEAST_ONE[name]}"


def check_event(event, where):
    """Raises AssertionError with the place of the first thing that OCSF 1.3.0 does not allow."""
    kind = event.get("class_uid")
    assert kind in (2004, 6003), f"{where}: class {kind}"
    check_object("detection_finding" if kind == 2004 else "api_activity", event, where)
    assert event["category_uid"] == kind // 1000
    assert event["type_uid"] == kind * 100 + event["activity_id"]
    assert event["activity_name"] == ACTIVITIES[kind][event["activity_id"]]
    assert event["type_name"] == f"{event['class_name']}: {event['activity_name']}"
    assert event["status"] == STATUSES[kind][event["status_id"]]
    for (number, caption), captions in CAPTIONS.items():
        assert event[caption] == captions[event[number]], f"{where}.{caption}"
    assert event["metadata"]["version"] == "1.3.0"
    assert event["metadata"]["profiles"] == ["cloud", "datetime"]
    for observable in event.get("observables", []):
        assert observable["type"] == OBSERVABLES[observable["type_id"]], f"{where}: {observable}"
    users = [event["actor"]["user"]] if kind == 6003 else [evidence["actor"]["user"] for evidence in event["evidences"]]
    for user in users:
        assert user["type"] == USER_TYPES.get(user["type_id"], user["type"]), f"{where}: {user}"
