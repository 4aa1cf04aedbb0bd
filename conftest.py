"""What holds for every test."""

pytest_plugins = ["validation"]      # of tools/: how notebooks are compared


def pytest_addoption(parser):
    parser.addoption("--every-notebook", action="store_true", help="tests/test_lab.py: run all notebooks, not two only")
    parser.addoption("--kills", type=int, default=10, help="tests/test_faults.py: how often each process is killed")
