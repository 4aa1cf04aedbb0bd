"""Explorables: figures whose controls call Python, or read a precomputed grid where there is no kernel."""
from .controls import Choice, Linear, Log, Player
from .diagrams import Network, Text
from .maps import Arrows, Landscape, Map
from .marks import Bars, Lines, Plane, Surface
from .tables import Images, Matrix, Table
from .widget import Explorable, explore

__all__ = ["Arrows", "Bars", "Choice", "Explorable", "Images", "Landscape", "Linear", "Lines", "Log", "Map",
           "Matrix", "Network", "Plane", "Player", "Surface", "Table", "Text", "explore"]
