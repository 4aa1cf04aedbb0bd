"""The layers, under Keras's names."""

from .activations import ELU, LeakyReLU, Maxout, PReLU, ReLU, RReLU, Softmax
from .base import Layer
from .core import Activation, Dense, Flatten, Input, InputLayer, Reshape
from .embedding import Embedding
from .normalization import BatchNormalization
from .regularization import Dropout, GaussianNoise

__all__ = ["Activation", "BatchNormalization", "Dense", "Dropout", "ELU", "Embedding", "Flatten",
           "GaussianNoise", "Input", "InputLayer", "Layer", "LeakyReLU", "Maxout", "PReLU", "RReLU", "ReLU",
           "Reshape", "Softmax"]
