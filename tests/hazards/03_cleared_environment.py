"""A child whose environment was cleared is still in the run: Python's env={}, env -i, its child."""
from hazard import *

curl = program("curl")
URL = "http://web.example.com/ok"
faked(Run("python3", "-c", f"import subprocess; subprocess.run(['{curl}', '-sS', '{URL}'], env={{}}, check=True)"))
faked(Run("env", "-i", curl, "-sS", URL))
faked(Run("env", "-i", "/bin/sh", "-c", f"exec env -i /bin/sh -c 'unset LD_PRELOAD SEAM_RUN; {curl} -sS {URL}'"))
# another preload of the child's own does not push the shim out
faked(Run("python3", "-c", f"import subprocess; subprocess.run(['{curl}', '-sS', '{URL}'], env={{'LD_PRELOAD': 'libm.so.6'}}, check=True)"))
