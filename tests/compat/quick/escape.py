"""tests/escape: two hundred ways to try to reach a real address."""
import os
import runpy

runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "escape", "escape.py"), run_name="__main__")
