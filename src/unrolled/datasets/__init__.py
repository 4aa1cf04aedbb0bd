"""The data sets of the book, each in one function; without a named source, none of them needs a network.

`digits` and `bikes` return what ships with scikit-learn or is made here, unless their call names real data: those are
read from the folder that the environment variable ``UNROLLED_DATA`` names, or else, where that is possible, downloaded
once, verified, and kept in the user's cache.
"""

from .bikes import bikes
from .files import MNIST, mnist_file
from .images import digits
from .points import cosine, gate, moons, three_gaussians, two_gaussians

__all__ = ["MNIST", "bikes", "cosine", "digits", "gate", "mnist_file", "moons", "three_gaussians", "two_gaussians"]
