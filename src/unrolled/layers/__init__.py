"""The layers, under Keras's names."""

from .activations import ELU, LeakyReLU, Maxout, PReLU, ReLU, RReLU, Softmax
from .attention import AdditiveAttention, Attention
from .base import Layer
from .convolution import Conv2D
from .core import Activation, Dense, Flatten, Input, InputLayer, Masking, Reshape
from .embedding import Embedding
from .gru import GRU
from .lstm import LSTM
from .lstmn import LSTMN
from .multi_head_attention import MultiHeadAttention
from .normalization import BatchNormalization, LayerNormalization
from .pooling import AveragePooling2D, GlobalAveragePooling2D, GlobalMaxPooling2D, MaxPooling2D
from .regularization import Dropout, GaussianNoise
from .simple_rnn import SimpleRNN
from .wrappers import Bidirectional, RepeatVector, TimeDistributed

__all__ = ["Activation", "AdditiveAttention", "Attention", "AveragePooling2D", "BatchNormalization", "Bidirectional",
           "Conv2D", "Dense", "Dropout", "ELU", "Embedding", "Flatten", "GRU", "GaussianNoise",
           "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Input", "InputLayer", "LSTM", "LSTMN", "Layer",
           "LayerNormalization", "LeakyReLU", "Masking", "MaxPooling2D", "Maxout", "MultiHeadAttention", "PReLU",
           "RReLU", "ReLU", "RepeatVector", "Reshape", "SimpleRNN", "Softmax", "TimeDistributed"]
