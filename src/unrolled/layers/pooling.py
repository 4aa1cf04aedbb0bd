"""Layers that leave one number of each window on an image, or of all of it."""

import numpy as np

from .base import Layer
from .convolution import _check_format, _pair, _Window


class _Pooling(_Window):
    """A window that leaves one number for each channel."""

    def __init__(self, pool_size=(2, 2), strides=None, padding="valid", data_format=None, **kwargs):
        self.pool_size = self.window = _pair(pool_size, "pool_size")
        strides = self.pool_size if strides is None else _pair(strides, "strides")
        super().__init__(strides, padding, data_format, **kwargs)

    def shifts(self, x):
        """Return for each pixel of the window what it meets as the window moves, (H', N, W', C)."""
        return [x[row, :, col] for row in self.rows for col in self.cols]


class MaxPooling2D(_Pooling):
    r"""The greatest of the numbers in a window, for each channel.

    .. math:: y_{nijc} = \max_{a,b} x_{n,\,si+a,\,sj+b,\,c} \quad (1) \qquad
              dx_{n,\,si+a,\,sj+b,\,c} \mathrel{+}= dy_{nijc} \text{ for the a, b of the maximum} \quad (2)

    Of several equal ones the first, row by row, gets the derivative, as in Keras on TensorFlow.

    Parameters
    ----------
    pool_size : int or tuple of int
        The window, or its height and width.
    strides : int or tuple of int, optional
        s; by default `pool_size`.
    padding : {"valid", "same"}
        "valid": the window stays inside the image. "same": it may reach over the border.
    data_format : {"channels_last"}, optional
    **kwargs
        ``dtype``, ``name``.

    Notes
    -----
    Inputs have shape (N, H, W, C), outputs (N, H', W', C). Derived in chapter 12.
    """

    def forward(self, x, training=False):
        first, *others = self.shifts(self.padded(x, -np.inf))
        y, self.winner = first.copy(), np.zeros(first.shape, np.int16)           # (H', N, W', C)
        for k, shift in enumerate(others, start=1):
            self.winner = np.maximum(self.winner, (shift > y) * np.int16(k))     # only a greater one wins
            y = np.maximum(y, shift)                                             # (1)
        return y.swapaxes(0, 1)

    def backward(self, dy):
        dx, dy = np.zeros(self.padded_shape, dy.dtype), dy.swapaxes(0, 1)
        for k, shift in enumerate(self.shifts(dx)):
            shift += dy * (self.winner == k)                                     # (2)
        return dx[self.inside].swapaxes(0, 1)


class AveragePooling2D(_Pooling):
    r"""The mean of the numbers in a window, for each channel.

    .. math:: y_{nijc} = \frac{1}{M_{ij}} \sum_{a,b} x_{n,\,si+a,\,sj+b,\,c} \quad (1) \qquad
              dx_{n,\,si+a,\,sj+b,\,c} \mathrel{+}= dy_{nijc} / M_{ij} \quad (2)

    :math:`M_{ij}` is the number of pixels in the window that lie inside the image.

    Parameters
    ----------
    pool_size, strides, padding, data_format, **kwargs
        As for `MaxPooling2D`.

    Notes
    -----
    Inputs have shape (N, H, W, C), outputs (N, H', W', C). Derived in chapter 12.
    """

    def forward(self, x, training=False):
        self.m = sum(self.shifts(self.padded(np.ones((1, *x.shape[1:3], 1), x.dtype))))    # (H', 1, W', 1)
        return (sum(self.shifts(self.padded(x))) / self.m).swapaxes(0, 1)                  # (1)

    def backward(self, dy):
        dx, dy = np.zeros(self.padded_shape, dy.dtype), dy.swapaxes(0, 1)
        for shift in self.shifts(dx):
            shift += dy / self.m                                                           # (2)
        return dx[self.inside].swapaxes(0, 1)


class _GlobalPooling(Layer):
    """A window as large as the image: one number is left of each channel."""

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        _check_format(data_format)
        self.data_format, self.keepdims = data_format, bool(keepdims)

    def build(self, input_shape):
        if len(input_shape) != 4 or 0 in input_shape[1:3]:
            raise self.mismatch("images (N, height, width, channels) of at least one pixel", input_shape)

    def check(self, shape):
        super().check(shape)
        self.build(shape)

    def compute_output_shape(self, input_shape):
        n, *_, channels = input_shape
        return (n, 1, 1, channels) if self.keepdims else (n, channels)


class GlobalMaxPooling2D(_GlobalPooling):
    r"""The greatest of all numbers of an image, for each channel.

    .. math:: y_{nc} = \max_{i,j} x_{nijc} \quad (1) \qquad
              dx_{nijc} = dy_{nc} / M_{nc} \text{ for the i, j of the maximum, else } 0 \quad (2)

    :math:`M_{nc}` counts the pixels that are as great as the greatest: they share the derivative, as in Keras on TensorFlow.

    Parameters
    ----------
    data_format : {"channels_last"}, optional
    keepdims : bool
        Whether the output keeps the axes of height and width, with length 1.
    **kwargs
        ``dtype``, ``name``.

    Notes
    -----
    Inputs have shape (N, H, W, C), outputs (N, C), or (N, 1, 1, C) with `keepdims`.
    """

    def forward(self, x, training=False):
        y = x.max(axis=(1, 2), keepdims=True)                          # (N, 1, 1, C)    (1)
        self.winners = x == y                                          # (N, H, W, C)
        return y if self.keepdims else y[:, 0, 0]

    def backward(self, dy):
        share = dy.reshape(len(dy), 1, 1, -1) / self.winners.sum(axis=(1, 2), keepdims=True, dtype=dy.dtype)
        return share * self.winners                                    # (N, H, W, C)    (2)


class GlobalAveragePooling2D(_GlobalPooling):
    r"""The mean of all numbers of an image, for each channel.

    .. math:: y_{nc} = \frac{1}{HW} \sum_{i,j} x_{nijc} \quad (1) \qquad dx_{nijc} = dy_{nc} / HW \quad (2)

    Parameters
    ----------
    data_format, keepdims, **kwargs
        As for `GlobalMaxPooling2D`.

    Notes
    -----
    Inputs have shape (N, H, W, C), outputs (N, C), or (N, 1, 1, C) with `keepdims`.
    """

    def forward(self, x, training=False):
        self.shape = x.shape
        return x.mean(axis=(1, 2), keepdims=self.keepdims)             # (N, C)          (1)

    def backward(self, dy):
        _, h, w, _ = self.shape
        return np.full(self.shape, dy.reshape(len(dy), 1, 1, -1) / (h * w))      # (N, H, W, C)    (2)
