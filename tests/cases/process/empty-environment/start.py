import os
import subprocess
import sys

URL = "http://api.prod/"


def show(text):
    sys.stdout.write(text)
    sys.stdout.flush()


show(subprocess.run(["curl", "-s", URL + "subprocess"], env={}, capture_output=True, text=True, check=True).stdout)
os.waitpid(os.posix_spawn("/usr/bin/curl", ["curl", "-s", URL + "spawn"], {}), 0)
show(subprocess.run(["env", "-i", "curl", "-s", URL + "env"], capture_output=True, text=True, check=True).stdout)
if os.fork() == 0:
    os.execve("/usr/bin/curl", ["curl", "-s", URL + "execve"], {"LD_PRELOAD": ""})
os.wait()
show(subprocess.run(["curl", "-s", URL + "fds"], close_fds=True, start_new_session=True, capture_output=True, text=True, check=True).stdout)
