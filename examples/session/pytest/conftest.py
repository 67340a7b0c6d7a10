pytest_plugins = ["seam_session"]
