"""A second libc in the process, by dlmopen, knows no preload."""
from hazard import *

loader, plugin = build("loader", "-ldl"), build("plugin.so", "-shared", "-fPIC", source=os.path.join(HERE, "prog", "plugin.c"))
outside = Listener()
served(Run(loader, plugin, "dlmopen", "192.0.2.7", "8080"))
refused(Run(loader, plugin, "dlmopen", OUTSIDE, str(outside.port)), f"{OUTSIDE}:{outside.port}")
outside.nothing_came()
