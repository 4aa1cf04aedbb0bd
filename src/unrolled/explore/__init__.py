"""Explorables: figures whose controls call Python, or read a precomputed grid where there is no kernel."""
from .controls import Choice, Linear, Log, Player
from .marks import Bars, Lines, Plane, Surface
from .tables import Images, Matrix, Table
from .widget import Explorable, explore

__all__ = ["Bars", "Choice", "Explorable", "Images", "Linear", "Lines", "Log", "Matrix", "Plane", "Player",
           "Surface", "Table", "explore"]
