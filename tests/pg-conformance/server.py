"""A real PostgreSQL for the time of a test: on tmpfs, as an ordinary user, without durability.

The cluster is made once and kept below the build folder; each run copies it.
"""
import glob
import os
import pwd
import shutil
import subprocess
import tempfile

OPTIONS = {
    "listen_addresses": "''", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off",
    "timezone": "'UTC'", "log_timezone": "'UTC'", "datestyle": "'ISO, MDY'", "max_connections": "50",
    "shared_buffers": "'64MB'", "deadlock_timeout": "'20ms'", "max_wal_senders": "0", "wal_level": "minimal",
    "logging_collector": "off", "jit": "off", "max_worker_processes": "0", "max_parallel_workers_per_gather": "0",
}


def binaries():
    """the folder of a PostgreSQL 15's programs, or None"""
    for folder in sorted(glob.glob("/usr/lib/postgresql/15/bin")) + os.environ.get("PATH", "").split(":"):
        if not os.access(os.path.join(folder, "postgres"), os.X_OK):
            continue
        said = subprocess.run([os.path.join(folder, "postgres"), "--version"], text=True, capture_output=True, check=False).stdout
        if " 15." in said:
            return os.path.realpath(folder)
    return None


class Server:
    """with Server(cache) as server: server.socket is the folder of its socket"""

    def __init__(self, cache):
        self.bin = binaries()
        self.cache = cache
        self.user = None
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            for name in ("postgres", "nobody"):
                try:
                    self.user = pwd.getpwnam(name)
                    break
                except KeyError:
                    pass

    def run(self, *command, **more):
        if self.user:
            more.update(user=self.user.pw_uid, group=self.user.pw_gid, extra_groups=[])
        return subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, env={"PATH": f"{self.bin}:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}, **more)

    def __enter__(self):
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.top = tempfile.mkdtemp(prefix="pg-", dir=base)
        if self.user:
            os.chown(self.top, self.user.pw_uid, self.user.pw_gid)
        self.socket = self.top
        self.data = os.path.join(self.top, "data")
        try:
            self.make()
            options = " ".join(f"-c {name}={value}" for name, value in OPTIONS.items())
            self.run(f"{self.bin}/pg_ctl", "-D", self.data, "-w", "-t", "30", "-l", f"{self.top}/log",
                     "-o", f"{options} -k {self.top}", "start")
        except subprocess.CalledProcessError as e:
            print(e.stdout)
            self.__exit__()
            raise
        return self

    def make(self):
        kept = os.path.join(self.cache, "pg15-cluster.tar")
        if not os.path.exists(kept):
            self.run(f"{self.bin}/initdb", "-D", self.data, "-U", "postgres", "--locale=C", "-E", "UTF8", "-A", "trust", "-N")
            os.makedirs(self.cache, exist_ok=True)
            subprocess.run(["tar", "-cf", kept + ".new", "-C", self.top, "data"], check=True)
            os.rename(kept + ".new", kept)
            return
        with open(kept, "rb") as f:
            more = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
            subprocess.run(["tar", "-xf", "-", "-C", self.top], stdin=f, check=True, cwd="/", **more)

    def __exit__(self, *_):
        if os.path.exists(os.path.join(self.data, "postmaster.pid")):
            try:
                self.run(f"{self.bin}/pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
            except subprocess.CalledProcessError as e:
                print(e.stdout)
        shutil.rmtree(self.top, ignore_errors=True)
