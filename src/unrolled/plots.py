"""The book's figures: one style, two recurring pictures, and a text that says what a figure draws.

`use` is called in a notebook's first cell. From then on figures are dark ink on a transparent ground, in the
colours of the explorables, and their text form, which the validation of notebooks compares, changes with their data.
"""

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib import dates
from matplotlib.category import StrCategoryConverter
from matplotlib.collections import Collection
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import AxLine, Line2D
from matplotlib.patches import Patch
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FixedLocator
