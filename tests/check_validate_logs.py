#!/usr/bin/env python3
"""Holds `cairn verify` against `aws cloudtrail validate-logs`, run for real over the same simulated chains.

    tests/check_validate_logs.py --cairn PROGRAM                the same verdict for each file, but where cairn is documented to be stricter
    tests/check_validate_logs.py --cairn PROGRAM --bench 5000   files a second of both, over one chain of that many files

The AWS CLI talks to a stub on the loopback interface, made for this: DescribeTrails and ListPublicKeys through --endpoint-url, and S3, for
which it has no such option, through a proxy that is the stub too, under a certificate made for the run. Skipped (77) where the AWS CLI or
openssl is not installed (Debian: awscli, openssl).
"""

import argparse
import json
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

SKIPPED = 77
BUCKET = "acme-cloudtrail"
TRAIL, HOME = "management-events", "eu-west-1"
KINDS = ["", "edited-log", "deleted-log", "added-log", "swapped-files", "deleted-digest", "two-deleted-digests", "edited-digest", "forged-signature",
         "broken-chain", "unknown-key", "restart", "backfill", "duplicate-delivery", "out-of-order"]


def make_certificate(folder):
    """Returns a server's side of TLS for S3's host names."""
    regions = ["us-east-1", "eu-west-1", "us-west-2", "eu-central-1", "ap-southeast-2", "us-east-2"]
    names = ["s3.amazonaws.com", "*.s3.amazonaws.com"] + [f"{front}s3.{region}.amazonaws.com" for region in regions for front in ("", "*.")]
    key, certificate = folder / "stub.key", folder / "stub.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj",
                    "/CN=stub", "-addext", "subjectAltName=" + ",".join("DNS:" + name for name in names)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class Stub(ThreadingHTTPServer):
    """A bucket in a folder, and the two calls to CloudTrail."""

    daemon_threads = True

    def __init__(self, folder, account):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.account = Path(folder), account
        self.certificate = make_certificate(self.folder)
        self.keys_json = json.loads((self.folder / "public-keys.json").read_text())
        self.objects = sorted(str(path.relative_to(self.folder)) for path in (self.folder / "AWSLogs").rglob("*")
                              if path.is_file() and not path.name.endswith(".metadata.json"))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/xml", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        call = self.headers.get("X-Amz-Target", "").rsplit(".", 1)[-1]
        if call == "DescribeTrails":
            arn = f"arn:aws:cloudtrail:{HOME}:{self.server.account}:trail/{TRAIL}"
            result = {"trailList": [{"Name": TRAIL, "S3BucketName": BUCKET, "TrailARN": arn, "HomeRegion": HOME, "IsMultiRegionTrail": True}]}
        elif call == "ListPublicKeys":
            def seconds(text):
                return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
            result = {"PublicKeyList": [dict(key, ValidityStartTime=seconds(key["ValidityStartTime"]), ValidityEndTime=seconds(key["ValidityEndTime"]))
                                        for key in self.server.keys_json["PublicKeyList"]]}
        else:
            return self.answer(400, b"{}", "application/x-amz-json-1.1")
        self.answer(200, json.dumps(result).encode(), "application/x-amz-json-1.1")

    def do_CONNECT(self):
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        self.connection = self.server.certificate.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        key = urllib.parse.unquote(url.path).lstrip("/")
        if key.startswith(BUCKET):
            key = key[len(BUCKET):].lstrip("/")
        if "location" in query:
            return self.answer(200, f'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{HOME}</LocationConstraint>'.encode())
        if not key:
            return self.list(query)
        path = self.server.folder / key
        if not path.is_file():
            return self.answer(404, b"<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>")
        headers = []
        side_car = Path(str(path) + ".metadata.json")
        if side_car.is_file():
            headers = [("x-amz-meta-" + name, value) for name, value in json.loads(side_car.read_text()).items()]
        self.answer(200, path.read_bytes(), "application/octet-stream", headers)

    do_HEAD = do_GET

    def list(self, query):
        prefix = query.get("prefix", [""])[0]
        after = query.get("marker", query.get("start-after", [""]))[0]
        if "continuation-token" in query:
            after = query["continuation-token"][0]
        keys = [key for key in self.server.objects if key.startswith(prefix) and key > after]
        more, keys = len(keys) > 1000, keys[:1000]
        contents = "".join(f"<Contents><Key>{escape(key)}</Key><Size>1</Size></Contents>" for key in keys)
        token = f"<NextMarker>{escape(keys[-1])}</NextMarker><NextContinuationToken>{escape(keys[-1])}</NextContinuationToken>" if more else ""
        self.answer(200, (f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{BUCKET}</Name><Prefix>{escape(prefix)}</Prefix>'
                          f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{token}{contents}</ListBucketResult>").encode())


def aws_program():
    for candidate in ("/usr/bin/aws", shutil.which("aws")):
        if candidate and Path(candidate).exists():
            return candidate
    return None


def validate(aws, folder, account, region, start, end):
    """Runs the AWS CLI; returns its verdicts by object, and how long it took."""
    server = Stub(folder, account)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
                   "AWS_EC2_METADATA_DISABLED": "true",
                   "HTTPS_PROXY": f"http://127.0.0.1:{server.server_address[1]}", "NO_PROXY": "127.0.0.1",
                   "AWS_CA_BUNDLE": str(Path(folder) / "stub.pem"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    begun = time.monotonic()
    done = subprocess.run([aws, "--endpoint-url", f"http://127.0.0.1:{server.server_address[1]}", "--region", region, "cloudtrail", "validate-logs",
                           "--trail-arn", f"arn:aws:cloudtrail:{HOME}:{account}:trail/{TRAIL}", "--start-time", start, "--end-time", end,
                           "--verbose"], capture_output=True, text=True, env=environment)
    took = time.monotonic() - begun
    server.shutdown()
    server.server_close()
    verdicts = {}
    for line in (done.stdout + "\n" + done.stderr).splitlines():
        match = re.match(r"(?:\(backfill\) )?(Digest|Log) file\ts3://[^/]+/(\S+)\t(.*)$", line)
        if match:
            verdicts[match.group(2)] = match.group(3)
    if not verdicts:
        raise SystemExit(f"the AWS CLI gave no verdict: {done.stdout}\n{done.stderr}")
    return verdicts, took, done.returncode


def ours_as_theirs(line):
    """What the AWS CLI says where we say this."""
    verdict, reason = line["verdict"], line.get("reason", "")
    if verdict in ("valid", "chain-broken"):
        return "valid"
    if verdict in ("missing", "digest-missing"):
        return "INVALID: not found"
    if verdict == "signature-invalid":
        return "INVALID: signature verification failed"
    if verdict == "key-unknown":
        return "INVALID: public key not found" if line["kind"] == "digest" else None
    if verdict == "altered" and line["kind"] == "digest":
        return "INVALID: signature verification failed"
    if verdict == "altered":
        return "INVALID: hash value doesn't match"
    return None  # unsigned, not covered: the AWS CLI says nothing of these


# Where we are stricter, or look further: the AWS CLI says another thing, or nothing.
STRICTER = {
    # It finds a missing digest by the pointer of the next one only: of two in a row, the older is never named.
    "two-deleted-digests": lambda line, theirs: line["verdict"] == "digest-missing" and theirs is None,
    # It trusts each digest's own signature, and does not look at what the next one says.
    "forged-signature": lambda line, theirs: line["kind"] == "log" and theirs is None,
    # Older versions (2.9, of Debian 12) know nothing of digests made afterwards.
    "backfill": lambda line, theirs: theirs is None,
    # It walks by pointers; of digests that came out of order it may pass one over.
    "out-of-order": lambda line, theirs: theirs is None,
}


def compare(cairn, aws, kind, seed):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "bucket"
        options = ["--tamper", kind] if kind else ["--digests"]
        subprocess.run([cairn, "simulate", folder, "--seed", seed, "--length", "10h", "--events", "1500", "--quiet", *options], check=True)
        truth = [json.loads(line) for line in (folder / "truth/integrity.jsonl").read_text().splitlines()]
        # The account's region that was tampered with: the one with the most logs.
        counts = {}
        for path in (folder / "AWSLogs").rglob("*.json.gz"):
            parts = path.relative_to(folder).parts
            if parts[2] == "CloudTrail" or parts[2] == "CloudTrail-Insight":
                counts[(parts[1], parts[3])] = counts.get((parts[1], parts[3]), 0) + 1
        account, region = max(counts, key=counts.get)
        if truth[1:]:
            parts = truth[1]["object"].split("/")
            account, region = parts[1], parts[3]
        done = subprocess.run([cairn, "verify", folder, "--keys", folder / "public-keys.json", "--account", account, "--region", region,
                               "--verdicts", folder / "verdicts.jsonl", "--quiet"], capture_output=True, text=True)
        if done.returncode not in (0, 3, 10):
            raise SystemExit(done.stderr)
        ours = [json.loads(line) for line in (folder / "verdicts.jsonl").read_text().splitlines()]
        theirs, _, code = validate(aws, folder, account, region, "2024-06-03T00:00:00Z", "2024-06-04T00:00:00Z")
        same = stricter = silent = 0
        wrong = []
        for line in ours:
            expected, said = ours_as_theirs(line), theirs.pop(line["object"], None)
            if expected is not None and said is not None and said.startswith(expected):
                same += 1
            elif expected is None and said is None:
                silent += 1
            elif kind in STRICTER and STRICTER[kind](line, said):
                stricter += 1
            else:
                wrong.append((line["object"].rsplit("/", 1)[-1], line["verdict"], said))
        wrong += [(object_name, None, said) for object_name, said in theirs.items()]
        print(f"{'ok' if not wrong else 'FAILED'}: {kind or 'nothing'}: {same} files alike, {stricter} where cairn is stricter, {silent} that the "
              f"AWS CLI is silent about; exit codes {done.returncode} and {code}")
        for one in wrong[:5]:
            print("   ", one)
        return not wrong


def bench(cairn, aws, files):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "bucket"
        subprocess.run([cairn, "simulate", folder, "--seed", "1", "--length", "25d", "--accounts", "1", "--events", str(files * 30), "--digests",
                        "--quiet"], check=True)
        counts = {}
        for path in (folder / "AWSLogs").rglob("*.json.gz"):
            parts = path.relative_to(folder).parts
            counts[(parts[1], parts[3])] = counts.get((parts[1], parts[3]), 0) + 1
        account, region = max(counts, key=counts.get)
        command = [cairn, "verify", folder, "--keys", folder / "public-keys.json", "--account", account, "--region", region, "--json"]
        subprocess.run(command, capture_output=True)
        best = None
        for _ in range(3):
            begun = time.monotonic()
            done = subprocess.run(command, capture_output=True, text=True)
            took = time.monotonic() - begun
            best = took if best is None else min(best, took)
        summary = json.loads(done.stdout)
        ours = sum(summary["logs"].values()) + sum(summary["digests"].values())
        theirs, slow, _ = validate(aws, folder, account, region, "2024-06-03T00:00:00Z", "2024-07-03T00:00:00Z")
        print(f"cairn verify: {ours} files in {best:.3f} s: {ours / best:.0f} files/s ({summary['stored_bytes'] / best / 1e6:.1f} MB/s stored, "
              f"{summary['text_bytes'] / best / 1e6:.0f} MB/s of text), {summary['outcome']}")
        print(f"aws cloudtrail validate-logs: {len(theirs)} files in {slow:.1f} s: {len(theirs) / slow:.0f} files/s")
        print(f"ratio: {ours / best / (len(theirs) / slow):.0f}")
        return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cairn", required=True)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--bench", type=int)
    arguments = parser.parse_args()
    aws = aws_program()
    if aws is None or shutil.which("openssl") is None:
        print("skipped: the AWS CLI or openssl is not installed (Debian: awscli, openssl)")
        return SKIPPED
    if arguments.bench:
        return 0 if bench(arguments.cairn, aws, arguments.bench) else 1
    results = [compare(arguments.cairn, aws, kind, arguments.seed) for kind in KINDS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
