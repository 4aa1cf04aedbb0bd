"""The data sets of the book, each in one function; without a named source, none of them needs a network.

`digits`, `bikes` and `stories` return what ships with scikit-learn or is made here, unless their call names real data:
those are read from the folder that the environment variable ``UNROLLED_DATA`` names, or else, where that is possible,
downloaded once, verified, and kept in the user's cache.
"""

from .bikes import bikes
from .files import MNIST, mnist_file
from .images import digits
from .points import cosine, gate, moons, three_gaussians, two_gaussians
from .sequences import adding, additions, dates, reversals, sine, split, windows
from .stories import stories, story_lines

__all__ = ["MNIST", "adding", "additions", "bikes", "cosine", "dates", "digits", "gate", "mnist_file", "moons",
           "reversals", "sine", "split", "stories", "story_lines", "three_gaussians", "two_gaussians", "windows"]
