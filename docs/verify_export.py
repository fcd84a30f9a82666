#!/usr/bin/env python3
"""Verifies an export of an order ledger with nothing but Python's standard library (and `zstd`, for .zst files).

    python3 verify_export.py DIR [--vkey FILE] [--checkpoint FILE ...]

A second program, small enough to be read in one sitting, that shares no line with `order-ledger verify`. It is slower,
and stops at the first thing that is wrong. Exit code 0: all holds, 1: it does not, 2: wrong use.
"""

import argparse
import base64
import gzip
import hashlib
import json
import re
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

MEMBERS = {
    "position": int, "event_id": str, "stream": str, "version": int, "type": str, "schema_version": int,
    "occurred_at": int, "recorded_at": int, "metadata": str, "data": str,
}  # fmt: skip


class Wrong(Exception):
    """What does not hold."""


# Ed25519 (RFC 8032, section 5.1), verification only.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(one, two):
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        result = add(result, point) if scalar & 1 else result
        point, scalar = add(point, point), scalar >> 1
    return result


def point_of(encoded):
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise Wrong("a point of a signature or key is none")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(public, message, signature):
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or scalar >= L:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = times(scalar, BASE), add(point_of(signature[:32]), times(challenge, point_of(public)))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 == (left[1] * right[2] - right[1] * left[2]) % P


# Keys, notes and checkpoints.
def decoded(text):
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong("something is not base64") from None
    if base64.b64encode(found).decode() != text:
        raise Wrong("something is not canonical base64")
    return found


def key_of(path):
    name, key_hash, encoded = [*path.read_text("utf-8").strip().split("+", 2), "", ""][:3]
    key = decoded(encoded)
    if len(key) != 33 or hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8] != key_hash or key[0] != 1:
        raise Wrong(f"{path} is no vkey")
    return name, bytes.fromhex(key_hash), key[1:]


def checkpoint_of(path, name, key_hash, public):
    text, blank, signatures = path.read_text("utf-8").rpartition("\n\n")
    origin, size, root = [*text.split("\n"), "", ""][:3]
    signed = False
    for line in signatures.removesuffix("\n").split("\n"):
        found = re.fullmatch(r"— (\S+) (\S+)", line)
        if not blank or not found or not signatures.endswith("\n"):
            raise Wrong(f"{path} is no signed note")
        signature = decoded(found[2])
        if found[1] == name and signature[:4] == key_hash:
            signed = is_signed(public, text.encode() + b"\n", signature[4:])
            if not signed:
                raise Wrong(f"the signature of {path} is wrong")
    if not signed or origin != name or not re.fullmatch("0|[1-9][0-9]{0,18}", size) or len(decoded(root)) != 32:
        raise Wrong(f"{path} is no checkpoint of {name}, signed by its key")
    return int(size), decoded(root)


# Lines, leaves and the tree of RFC 6962.
def lines_of(directory):
    for path in sorted((directory / "events").glob("*"), key=lambda path: path.name.split(".")[0].rjust(20)):
        name = re.fullmatch(r"([0-9]{9,})\.jsonl\.(gz|zst)", path.name)
        if not name:
            raise Wrong(f"{path} does not belong there")
        if name[2] == "zst" and not shutil.which("zstd"):
            raise Wrong(f"{path}: the program zstd is missing; or export with --gzip")
        try:
            if name[2] == "gz":
                raw = gzip.decompress(path.read_bytes())
            else:
                raw = subprocess.run(["zstd", "-dcq", str(path)], capture_output=True, check=True).stdout
        except (OSError, EOFError, zlib.error, subprocess.SubprocessError) as error:
            raise Wrong(f"{path} is damaged: {error}") from None
        if not raw.endswith(b"\n"):
            raise Wrong(f"{path} does not end with a line's end")
        for number, line in enumerate(raw[:-1].split(b"\n")):
            yield f"{path.name}, line {number + 1}", int(name[1]) + number, line


def unique(members):
    if len({name for name, _ in members}) != len(members):
        raise ValueError("a member is there twice")
    return dict(members)


def leaf_of(event):
    if not isinstance(json.loads(event["metadata"]), dict) or not isinstance(json.loads(event["data"]), dict):
        raise ValueError("metadata and data are no objects")
    if not re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", event["event_id"]):
        raise ValueError("event_id is no UUID")
    texts = [event[name].encode() for name in ("stream", "type", "metadata", "data")]
    stream, type_, metadata, data = (struct.pack(">I", len(text)) + text for text in texts)
    numbers = struct.pack(">Iqq", event["schema_version"], event["occurred_at"], event["recorded_at"])
    head = b"order-ledger/event/v1\n" + bytes.fromhex(event["event_id"].replace("-", "")) + stream
    return head + struct.pack(">Q", event["version"]) + type_ + numbers + metadata + data


def root_of(stack):
    found = stack[-1][1] if stack else hashlib.sha256().digest()
    for _, left in reversed(stack[:-1]):
        found = hashlib.sha256(b"\x01" + left + found).digest()
    return found


def verify(directory, vkey, saved):
    key = key_of(vkey)
    signed = [(*checkpoint_of(path, *key), path) for path in (directory / "checkpoint", *saved)]
    size, stack, versions, ids, count = signed[0][0], [], {}, set(), 0
    for wanted, root, path in signed:
        if wanted > size or (wanted == 0 and root != root_of([])):
            raise Wrong(f"{path} is not of this log")
    for where, position, line in lines_of(directory):
        count += 1
        try:
            event = json.loads(line.decode(), object_pairs_hook=unique)
            if {name: type(value) for name, value in event.items()} != MEMBERS or line[:1] + line[-1:] != b"{}":
                raise ValueError("not the ten members of an event")
            height, node = 0, hashlib.sha256(b"\x00" + leaf_of(event)).digest()
        except (ValueError, AttributeError, RecursionError, struct.error) as error:
            raise Wrong(f"{where} is no event: {error}") from None
        if not event["position"] == position == count:
            raise Wrong(f"{where} should be event {count}, and is {event['position']}")
        if event["version"] != versions.get(event["stream"], 0) + 1 or event["event_id"] in ids:
            raise Wrong(f"{where}: its version does not follow in {event['stream']}, or its id is there twice")
        versions[event["stream"]] = event["version"]
        ids.add(event["event_id"])
        while stack and stack[-1][0] == height:
            height, node = height + 1, hashlib.sha256(b"\x01" + stack.pop()[1] + node).digest()
        stack.append((height, node))
        for wanted, root, path in signed:
            if wanted == count and root != root_of(stack):
                raise Wrong(f"the first {count} events are not what {path} signs")
    if count != size:
        raise Wrong(f"the checkpoint signs {size} events, there are {count}")
    return f"{key[0]}: all {count} events hold."


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--vkey", type=Path, help="the key you trust; the export's own proves nothing by itself")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="one that you saved")
    given = parser.parse_args()
    try:
        print(verify(given.directory, given.vkey or given.directory / "vkey", given.checkpoint))
    except (Wrong, OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
