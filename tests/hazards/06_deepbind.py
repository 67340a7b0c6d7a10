"""A library loaded with RTLD_DEEPBIND binds to libc's own connect."""
from hazard import *

loader, plugin = build("loader", "-ldl"), build("plugin.so", "-shared", "-fPIC", source=os.path.join(HERE, "prog", "plugin.c"))
outside = Listener()
served(Run(loader, plugin, "deepbind", "192.0.2.7", "8080"))
refused(Run(loader, plugin, "deepbind", OUTSIDE, str(outside.port)), f"{OUTSIDE}:{outside.port}")
outside.nothing_came()
