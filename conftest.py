"""What holds for every test."""

pytest_plugins = ["validation"]      # of tools/: how notebooks are compared
