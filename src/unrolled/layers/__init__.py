"""The layers, under Keras's names."""

from .activations import ELU, LeakyReLU, Maxout, PReLU, ReLU, RReLU, Softmax
from .base import Layer
from .convolution import AveragePooling2D, Conv2D, MaxPooling2D
from .core import Activation, Dense, Flatten, Input, InputLayer, Reshape
from .embedding import Embedding
from .normalization import BatchNormalization
from .regularization import Dropout, GaussianNoise

__all__ = ["Activation", "AveragePooling2D", "BatchNormalization", "Conv2D", "Dense", "Dropout", "ELU",
           "Embedding", "Flatten", "GaussianNoise", "Input", "InputLayer", "Layer", "LeakyReLU",
           "MaxPooling2D", "Maxout", "PReLU", "RReLU", "ReLU", "Reshape", "Softmax"]
