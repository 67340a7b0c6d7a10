"""Says that it has a table of handles, and sends what is none: some hundreds a process."""
import ctypes
import fcntl
import itertools
import os
import platform
import random
import socket
import struct

import pg8000
import psycopg2

LIBC = ctypes.CDLL(None)
CONNECT = {"x86_64": 42, "aarch64": 203}[platform.machine()]
RUN = os.environ["SEAM_RUN"]
with open(RUN + "/page", "rb") as page:
    MAGIC, VERSION = struct.unpack("=IH", page.read(6))
WIRE_HANDLES = 11


def send(fd):
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    address = struct.pack("=H108s", socket.AF_UNIX, (RUN + "/sock").encode())
    # past the shim, which lets no program talk to its host
    assert LIBC.syscall(CONNECT, line.fileno(), address, len(address)) == 0
    head = struct.pack("=IHHIiiiQ", MAGIC, VERSION, WIRE_HANDLES, 0, os.getpid(), os.getppid(), os.getpid(), 0)
    if fd is None:
        line.send(head)
    else:
        socket.send_fds(line, [head], [fd])
    line.close()


def table(content, seal):
    fd = os.memfd_create("table", os.MFD_ALLOW_SEALING)
    os.write(fd, content)
    if seal:
        fcntl.fcntl(fd, 1033, 2 | 4)  # F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW
    return fd


def sizes():
    """The true one is among them: the shim's own table is mapped here, in whole pages."""
    psycopg2.connect("host=db.prod user=etl dbname=shop").close()
    with open("/proc/self/maps", encoding="ascii") as maps:
        ends = [line.split()[0].split("-") for line in maps if "seam-handles" in line]
    whole = int(ends[0][1], 16) - int(ends[0][0], 16)
    return [0, 1, 8, 4096] + [whole - 8 * k for k in range(512)]


def noise(size):
    start = struct.pack("=IH", MAGIC, VERSION)
    return (start + random.Random(size).randbytes(size))[:size]


def query():
    conn = pg8000.connect(host="db.prod", user="etl", database="shop")
    cursor = conn.cursor()
    cursor.execute("select 1")
    conn.commit()
    conn.close()
    return cursor.fetchone()[0]


def attempts():
    yield None, 0
    for size in sizes():
        for seal in (False, True):
            yield table(noise(size), seal), size
    yield os.open("/dev/zero", os.O_RDONLY), 0
    yield os.open(".", os.O_RDONLY), 0


def attack(some):
    for fd, size in some:
        send(fd)
        if fd is None:
            continue
        if size > 8:
            try:
                os.ftruncate(fd, 8)  # while the host may be looking
            except OSError:
                pass
        os.close(fd)
    os._exit(0 if query() == 1 else 1)


everything = attempts()
while some := list(itertools.islice(everything, 97)):
    child = os.fork()
    if child == 0:
        attack(some)
    for fd, _ in some:
        if fd is not None:
            os.close(fd)
    assert os.waitpid(child, 0)[1] == 0
print("still", query())
