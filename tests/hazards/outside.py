"""Sets up the network in which the hazard tests run: lo, and one address of TEST-NET-1
(RFC 5737) on it, where listeners play the outside. Refuses to run where a route leads on."""
import fcntl
import socket
import struct
import sys

OUTSIDE = "192.0.2.9"
SIOCSIFADDR, SIOCSIFNETMASK, SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8916, 0x891C, 0x8913, 0x8914


def request(sock, code, name, address):
    payload = struct.pack("16sHH4s16x", name, socket.AF_INET, 0, socket.inet_aton(address))
    fcntl.ioctl(sock, code, payload)


def main():
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        sys.exit("this network has more than lo: run tests/hazards/run.sh, which makes one of its own")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        flags = struct.unpack("16sH22x", fcntl.ioctl(s, SIOCGIFFLAGS, struct.pack("16sH22x", b"lo", 0)))[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | 1))
        request(s, SIOCSIFADDR, b"lo:1", OUTSIDE)
        request(s, SIOCSIFNETMASK, b"lo:1", "255.255.255.255")


if __name__ == "__main__":
    main()
