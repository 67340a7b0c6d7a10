"""A small client of the PostgreSQL protocol 3.0 that hides nothing.

It sends statements by the simple or the extended protocol and gives back what came,
message by message, as lines of text that can be compared:

    P 23 25               types of the parameters
    : name type/modifier  a column, "user" for a type that is not built in; "@2" says that it is
                          column 2 of a table
    = a<TAB>b             a row, cells as in COPY; binary cells in hexadecimal
    . SELECT 1            a command tag
    ! ERROR 42601 text    an error, then its further fields: "! D detail"
    ? NOTICE 00000 text   a notice, likewise
    s name=value          a setting was reported
    n channel payload     a notification
    c text                a line of COPY TO STDOUT
    i T                   state after it, unless idle
    -                     nothing: an empty query, or a portal without a tag

Source: manual, chapter 55 (Frontend/Backend Protocol).
"""
import base64
import hashlib
import hmac
import os
import re
import select
import socket
import struct
import time

FIRST_USER_OID = 16384  # manual 71.2 / FirstNormalObjectId
RECORD = 2249
OID_TYPES = (24, 26, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096)  # oid and the reg* types


class Lost(Exception):
    """The server went away, or did not answer in time."""


def cell(value):
    return (value.decode("utf-8", "backslashreplace").replace("\\", "\\\\").replace("\t", "\\t")
            .replace("\n", "\\n").replace("\r", "\\r"))


class Wire:
    def __init__(self, address, user, database, options=None, password=None, timeout=5.0):
        """address: a path of a Unix socket, or (host, port)"""
        self.timeout = timeout
        self.have = b""
        self.pid = 0
        self.settings = {}
        self.status = "I"
        if isinstance(address, str):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(address)
        else:
            self.sock = socket.create_connection(address)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = struct.pack("!I", 196608)
        for name, value in {"user": user, "database": database, **(options or {})}.items():
            body += name.encode() + b"\0" + value.encode() + b"\0"
        body += b"\0"
        self.sock.sendall(struct.pack("!I", len(body) + 4) + body)
        self.startup(user, password)

    def startup(self, user, password):
        scram = None
        while True:
            kind, body = self.message()
            if kind == "E":
                raise Lost(" ".join(fields(body, "!")))
            if kind == "R":
                how = struct.unpack("!I", body[:4])[0]
                if how == 3:
                    self.send("p", password.encode() + b"\0")
                elif how == 5:
                    inner = hashlib.md5((password + user).encode()).hexdigest()
                    self.send("p", b"md5" + hashlib.md5(inner.encode() + body[4:8]).hexdigest().encode() + b"\0")
                elif how == 10:
                    scram = Scram(password)
                    first = scram.first()
                    self.send("p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first)
                elif how == 11:
                    self.send("p", scram.final(body[4:]))
                elif how == 12:
                    scram.check(body[4:])
            elif kind == "S":
                name, value = body[:-1].split(b"\0")
                self.settings[name.decode()] = value.decode()
            elif kind == "K":
                self.pid, self.key = struct.unpack("!II", body)
            elif kind == "Z":
                return

    def close(self):
        try:
            self.send("X", b"")
        except OSError:
            pass
        self.sock.close()

    # ---- messages

    def send(self, kind, body):
        self.sock.sendall(kind.encode() + struct.pack("!I", len(body) + 4) + body)

    def message(self, deadline=None):
        """(type, body); None when the deadline passed with no whole message"""
        until = deadline if deadline is not None else time.monotonic() + self.timeout
        while True:
            if len(self.have) >= 5:
                length = struct.unpack("!I", self.have[1:5])[0]
                if len(self.have) > length:
                    kind, body = chr(self.have[0]), self.have[5:length + 1]
                    self.have = self.have[length + 1:]
                    return kind, body
            left = until - time.monotonic()
            if not select.select([self.sock], [], [], max(left, 0))[0]:
                if deadline is not None:
                    return None
                raise Lost(f"no answer within {self.timeout:g} s")
            try:
                more = self.sock.recv(1 << 18)
            except OSError as e:
                raise Lost(str(e)) from e
            if not more:
                raise Lost("connection closed")
            self.have += more

    # ---- statements

    def simple(self, text, copy=None):
        self.send("Q", text.encode() + b"\0")
        return self.answer(copy)

    def extended(self, text, params=(), binary=False, copy=None):
        """params: list of (text or None)"""
        parse = b"\0" + text.encode() + b"\0" + struct.pack("!H", 0)
        types = []
        if params:
            self.sock.sendall(frame("P", parse) + frame("D", b"S\0") + frame("S", b""))
            lines = self.answer()
            types = next((line[2:].split() for line in lines if line.startswith("P ")), [])
            if any(line.startswith("!") for line in lines):
                return lines
        formats, values = [], b""
        for at, value in enumerate(params):
            packed = as_binary(value, types[at]) if binary and at < len(types) and value is not None else None
            formats.append(0 if packed is None else 1)
            raw = packed if packed is not None else None if value is None else value.encode()
            values += struct.pack("!i", -1) if raw is None else struct.pack("!I", len(raw)) + raw
        bind = (b"\0\0" + struct.pack("!H", len(formats)) + b"".join(struct.pack("!H", f) for f in formats) +
                struct.pack("!H", len(params)) + values + struct.pack("!HH", 1, int(binary)))
        start = frame("D", b"S\0") if params else frame("P", parse) + frame("D", b"S\0")
        self.sock.sendall(start + frame("B", bind) + frame("D", b"P\0") +
                          frame("E", b"\0" + struct.pack("!I", 0)) + frame("S" if copy is None else "H", b""))
        return self.answer(copy, owes_sync=copy is not None)

    def answer(self, copy=None, until=None, owes_sync=False):
        """lines up to ReadyForQuery; a Sync that is owed goes out after the data of COPY, or with the first end"""
        lines, seen, described = [], [], None
        while True:
            kind, body = self.message(until)
            if owes_sync and kind in "ECI":
                self.send("S", b"")
                owes_sync = False
            if kind == "Z":
                self.status = body.decode()
                if self.status != "I":
                    lines.append("i " + self.status)
                return lines
            if kind == "T":
                columns, kinds = self.columns(body)
                if columns != described:
                    lines += columns
                described = columns
                seen = kinds
            elif kind == "D":
                lines.append(row(body, seen))
            elif kind == "C":
                lines.append(". " + body[:-1].decode())
                described = None
            elif kind in "Is":
                lines.append("-" if kind == "I" else "- suspended")
            elif kind in "EN":
                lines += fields(body, "!" if kind == "E" else "?")
                if kind == "E" and any(line.startswith(("! FATAL", "! PANIC")) for line in lines):
                    raise Lost(" ".join(line for line in lines if line.startswith("!")))
            elif kind == "S":
                name, value = body[:-1].split(b"\0")
                lines.append(f"s {name.decode()}={value.decode()}")
            elif kind == "A":
                channel, payload = body[4:-1].split(b"\0")
                lines.append(f"n {channel.decode()} {payload.decode()}")
            elif kind == "t":
                count = struct.unpack("!H", body[:2])[0]
                if count:
                    lines.append("P " + " ".join(type_name(o) for o in struct.unpack(f"!{count}I", body[2:])))
            elif kind in "GH":
                lines.append(f"c {'in' if kind == 'G' else 'out'} format {body[0]} columns {struct.unpack('!H', body[1:3])[0]}")
                if kind == "G":
                    data = (copy or "").encode()
                    self.sock.sendall((frame("d", data) if data else b"") + frame("c", b"") + (frame("S", b"") if owes_sync else b""))
                    owes_sync = False
            elif kind == "d":
                lines.append("c " + (body.hex() if body[:1] < b"\t" or b"\0" in body else cell(body)))

    def columns(self, body):
        count, at, lines, kinds = struct.unpack("!H", body[:2])[0], 2, [], []
        for _ in range(count):
            end = body.index(b"\0", at)
            name = body[at:end].decode("utf-8", "backslashreplace")
            table, number, kind, length, modifier, form = struct.unpack("!IhIhih", body[end + 1:end + 19])
            at = end + 19
            lines.append(f": {cell(name.encode())} {type_name(kind)}/{modifier}" + (f" len {length}" if length >= 0 else "") +
                         (f" @{number}" if table else ""))
            kinds.append(kind if form else 0)
        return lines, kinds


def frame(kind, body):
    return kind.encode() + struct.pack("!I", len(body) + 4) + body


def type_name(oid):
    return "user" if oid >= FIRST_USER_OID else str(oid)


def fields(body, mark):
    found = {}
    for part in body.split(b"\0"):
        if part:
            found[chr(part[0])] = cell(part[1:])
    lines = [f"{mark} {found.get('V', found.get('S'))} {found.get('C')} {found.get('M')}"]
    # an enum's OID is in what is said of its labels, and is no difference
    found.update({"D": re.sub(r"(\(enumtypid, enumlabel\)=\()\d+", r"\1user", found["D"])} if "D" in found else {})
    lines += [f"{mark} {key} {found[key]}" for key in "DHPpqWsctdn" if key in found]
    return lines


def row(body, kinds):
    """kinds: for each column the type of a binary cell, 0 for a cell in text"""
    count, at, cells = struct.unpack("!H", body[:2])[0], 2, []
    for column in range(count):
        length = struct.unpack("!i", body[at:at + 4])[0]
        at += 4
        if length < 0:
            cells.append("\\N")
            continue
        value = body[at:at + length]
        at += length
        kind = kinds[column] if column < len(kinds) else 0
        cells.append(without_user_oids(value, kind).hex() if kind else cell(value))
    return "= " + "\t".join(cells)


def without_user_oids(value, kind):
    """OIDs of what the topic made differ between two servers, and are no difference of their answers"""
    if kind in OID_TYPES:
        return b"user" if len(value) == 4 and struct.unpack("!I", value)[0] >= FIRST_USER_OID else value
    if kind == RECORD or kind >= FIRST_USER_OID:
        parts = composite(value)
        if parts is not None:
            return struct.pack("!I", len(parts)) + b"".join(
                (b"user" if oid >= FIRST_USER_OID else struct.pack("!I", oid)) + struct.pack("!i", length) +
                without_user_oids(part, oid) for oid, length, part in parts)
        if len(value) >= 12 and struct.unpack("!I", value[8:12])[0] >= FIRST_USER_OID:
            return value[:8] + b"user" + value[12:]  # an array says its element's type
    return value


def composite(value):
    """[(type, length or -1, bytes)] of a composite value in binary format, or None where it is none"""
    if len(value) < 4:
        return None
    count, at, parts = struct.unpack("!I", value[:4])[0], 4, []
    for _ in range(min(count, 1665)):
        if at + 8 > len(value):
            return None
        oid, length = struct.unpack("!Ii", value[at:at + 8])
        at += 8
        parts.append((oid, length, value[at:at + max(length, 0)]))
        at += max(length, 0)
    return parts if at == len(value) and len(parts) == count else None


def as_binary(value, kind):
    """bytes of a text parameter in the binary format, or None where this client knows none"""
    try:
        if kind in ("20", "21", "23", "26"):
            return struct.pack({"20": "!q", "21": "!h", "23": "!i", "26": "!I"}[kind], int(value))
        if kind in ("700", "701"):
            return struct.pack("!f" if kind == "700" else "!d", float(value))
        if kind == "16":
            return b"\1" if value in ("t", "true") else b"\0" if value in ("f", "false") else None
        if kind in ("25", "1043", "1042", "19"):
            return value.encode()
        if kind == "17" and value.startswith("\\x"):
            return bytes.fromhex(value[2:])
    except (ValueError, struct.error):
        pass
    return None


class Scram:
    """SCRAM-SHA-256 (RFC 5802, RFC 7677), the client's side."""

    def __init__(self, password):
        self.password = password.encode()
        self.nonce = base64.b64encode(os.urandom(18)).decode()

    def first(self):
        self.bare = f"n=,r={self.nonce}"
        return ("n,," + self.bare).encode()

    def final(self, server):
        said = dict(part.split("=", 1) for part in server.decode().split(","))
        if not said["r"].startswith(self.nonce):
            raise Lost("SCRAM: the server's nonce does not begin with ours")
        salted = hashlib.pbkdf2_hmac("sha256", self.password, base64.b64decode(said["s"]), int(said["i"]))
        client = hmac.digest(salted, b"Client Key", "sha256")
        bare = f"c=biws,r={said['r']}"
        message = ",".join([self.bare, server.decode(), bare]).encode()
        proof = bytes(a ^ b for a, b in zip(client, hmac.digest(hashlib.sha256(client).digest(), message, "sha256")))
        self.signature = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        return f"{bare},p={base64.b64encode(proof).decode()}".encode()

    def check(self, server):
        if base64.b64decode(server.decode()[2:]) != self.signature:
            raise Lost("SCRAM: the server does not know the password")
