"""The layers, under Keras's names."""

from .base import Layer
from .core import Activation, Dense, Flatten, Input, InputLayer, Reshape

__all__ = ["Activation", "Dense", "Flatten", "Input", "InputLayer", "Layer", "Reshape"]
