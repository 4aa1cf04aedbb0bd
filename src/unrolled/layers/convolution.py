"""Convolution, and what all layers share that slide a window over images."""

import math

import numpy as np

from .. import activations
from .base import Layer
from .core import _is_positive


class _Window(Layer):
    r"""A window of k pixels, d apart, that moves over images (N, H, W, C) in steps of s, along both axes.

    It reaches over F = d(k - 1) + 1 pixels and stands in

    .. math:: H' = \lfloor (H - F + P) / s \rfloor + 1

    places, where P is the number of rows of padding: none if "valid"; if "same" as many as make
    :math:`H' = \lceil H/s \rceil`, with the odd one after the image.
    """

    dilation = (1, 1)

    def __init__(self, strides, padding, data_format, **kwargs):
        super().__init__(**kwargs)
        if padding not in ("valid", "same"):
            raise ValueError(f"padding must be 'valid' or 'same', but {padding!r} was given.")
        _check_format(data_format)
        self.strides, self.padding, self.data_format = strides, padding, data_format

    def places(self, sizes):
        """Return for each axis, of this size in the image, H' and the padding before and after."""
        for n, k, s, d in zip(sizes, self.window, self.strides, self.dilation, strict=True):
            reach = d * (k - 1) + 1
            if n is None:
                yield None, 0, 0
            elif self.padding == "valid":
                yield (n - reach) // s + 1, 0, 0
            else:
                p = max(s * (-(-n // s) - 1) + reach - n, 0)
                yield -(-n // s), p // 2, p - p // 2

    def build(self, input_shape):
        if len(input_shape) != 4 or input_shape[3] is None:
            raise self.mismatch("images (N, height, width, channels)", input_shape)
        self.check_size(input_shape)

    def check(self, shape):
        super().check(shape)
        self.check_size(shape)

    def check_size(self, shape):
        if any(places is not None and places < 1 for places, _, _ in self.places(shape[1:3])):
            h, w = (d * (k - 1) + 1 for k, d in zip(self.window, self.dilation, strict=True))
            raise self.mismatch(f"images of at least {h} by {w} pixels, the size of its window "
                                "(with padding='same' they may be smaller)", shape)

    def compute_output_shape(self, input_shape):
        (h, _, _), (w, _, _) = self.places(input_shape[1:3])
        return (input_shape[0], h, w, input_shape[3])

    def padded(self, x, value=0):
        """Return x with its padding and the rows of pixels first, (H + P, N, W + P, C).

        Keeps, for each row and each column of the window, which slice of that it meets as the window moves.
        """
        n, h, w, c = x.shape
        (h_out, top, bottom), (w_out, left, right) = self.places((h, w))
        self.rows, self.cols = ([slice(d * a, d * a + s * (m - 1) + 1, s) for a in range(k)] for m, k, s, d in
                                zip((h_out, w_out), self.window, self.strides, self.dilation, strict=True))
        self.out_shape, self.padded_shape = (h_out, n, w_out, -1), (h + top + bottom, n, w + left + right, c)
        self.inside = np.s_[top:top + h, :, left:left + w]
        if (h, w) == self.padded_shape[::2]:
            return x.swapaxes(0, 1)
        padded = np.full(self.padded_shape, value, x.dtype)
        padded[self.inside] = x.swapaxes(0, 1)
        return padded


def _check_format(data_format):
    """Raise a ValueError unless channels come last."""
    if data_format not in (None, "channels_last"):
        raise ValueError("Images are arrays (N, height, width, channels): data_format must be "
                         f"'channels_last', but {data_format!r} was given.")


def _pair(value, what):
    """Return two positive whole numbers, given both or one for both."""
    pair = (value, value) if isinstance(value, int | np.integer) else value
    if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(map(_is_positive, pair)):
        raise ValueError(f"{what} must be a positive whole number or two of them, but {value!r} was given.")
    return tuple(pair)


class Conv2D(_Window):
    r"""Slide small filters over images.

    With the kernel w and x padded with zeros

    .. math:: z_{nijf} = b_f + \sum_{a,b,c} x_{n,\,si+da,\,sj+db,\,c}\,w_{abcf} \quad (1) \qquad
              y = f(z) \quad (2)

    .. math:: dz = f'(z) \odot dy \quad (3) \qquad
              dw_{abcf} = \sum_{n,i,j} x_{n,\,si+da,\,sj+db,\,c}\,dz_{nijf} \quad (4) \qquad
              db_f = \sum_{n,i,j} dz_{nijf} \quad (5)

    .. math:: dx_{n,\,si+da,\,sj+db,\,c} \mathrel{+}= \sum_f dz_{nijf}\,w_{abcf}
              \text{ for all } i, j, a, b \quad (6)

    Parameters
    ----------
    filters : int
        The number F of filters, which is the number of output channels.
    kernel_size : int or tuple of int
        k, or height and width of the window.
    strides : int or tuple of int
        s.
    padding : {"valid", "same"}
        "valid": the window stays inside the image. "same": zeros around it make the output's size that of the
        image, divided by s and rounded up.
    data_format : {"channels_last"}, optional
    dilation_rate : int or tuple of int
        d.
    activation : str or function, optional
        f; by default linear.
    use_bias : bool
        Whether there is a b.
    kernel_initializer, bias_initializer : str or Initializer
    kernel_regularizer, bias_regularizer : str or Regularizer, optional
    kernel_constraint, bias_constraint : str or Constraint, optional
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    kernel : numpy.ndarray, shape (k, k, C, F)
        w, and its gradient ``dkernel``.
    bias : numpy.ndarray, shape (F,)
        b, and its gradient ``dbias``.

    Notes
    -----
    Inputs have shape (N, H, W, C), outputs (N, H', W', F). Derived in chapter 12.

    The sums over b and c are matrix products. For them the padded image is copied k times, each time shifted
    by one more pixel in width; these copies side by side are the patches (H + P, N, W', k·C). A shift in
    height needs no copy: with the rows of pixels first, it is a slice. So there is one product for each row a
    of the kernel.
    """

    def __init__(self, filters, kernel_size, strides=(1, 1), padding="valid", data_format=None,
                 dilation_rate=(1, 1), activation=None, use_bias=True, kernel_initializer="glorot_uniform",
                 bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(_pair(strides, "strides"), padding, data_format, **kwargs)
        if not _is_positive(filters):
            raise ValueError(f"Conv2D needs a positive whole number of filters, but {filters!r} was given.")
        self.filters, self.use_bias = int(filters), use_bias
        self.kernel_size = self.window = _pair(kernel_size, "kernel_size")
        self.dilation_rate = self.dilation = _pair(dilation_rate, "dilation_rate")
        self.activation = activations.get(activation)
        self.keep(kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
                  kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
                  kernel_constraint=kernel_constraint, bias_constraint=bias_constraint)

    def build(self, input_shape):
        super().build(input_shape)
        self.add_weight("kernel", (*self.kernel_size, input_shape[3], self.filters))
        if self.use_bias:
            self.add_weight("bias", (self.filters,))

    def compute_output_shape(self, input_shape):
        return (*super().compute_output_shape(input_shape)[:3], self.filters)

    def forward(self, x, training=False):
        x = self.padded(x)                                             # (H + P, N, W + P, C)
        patches = np.stack([x[:, :, there] for there in self.cols], axis=3)      # (H + P, N, W', k, C)
        size = math.prod(self.out_shape[:3])                           # H'·N·W'
        self.patches = [patches[there].reshape(size, -1) for there in self.rows]
        if x.shape[3] < 3:
            self.patches = [np.concatenate(self.patches, axis=1)]      # one wide product, not k narrow ones
        kernel = self.by_rows(self.kernel)
        z = self.patches[0] @ kernel[0]                                # (H'·N·W', F)
        for patch, k in zip(self.patches[1:], kernel[1:], strict=True):
            z += patch @ k                                             # (1)
        if self.use_bias:
            z += self.bias
        self.z = z.reshape(self.out_shape).swapaxes(0, 1)              # (N, H', W', F)
        self.y = self.activation(self.z)                               # (2)
        return self.y

    def by_rows(self, kernel):
        """Return the kernel as one matrix (k·C, F) for each of the products."""
        return kernel.reshape(len(self.patches), -1, self.filters)

    def backward(self, dy):
        return self.backward_logits(self.activation.backward(dy, self.z, self.y))        # (3)

    def backward_logits(self, dz):
        dz = dz.swapaxes(0, 1).reshape(-1, self.filters)               # (H'·N·W', F)
        for patch, dk in zip(self.patches, self.by_rows(self.dkernel), strict=True):
            dk += patch.T @ dz                                         # (k·C, F)                    (4)
        if self.use_bias:
            self.dbias += dz.sum(axis=0)                               # (F,)                        (5)
        return self.backward_image(dz) if self.needs_dx else None

    def backward_image(self, dz):
        dx = np.zeros(self.padded_shape, dz.dtype)                     # (H + P, N, W + P, C)
        h, n, w, _ = self.out_shape
        dpatches = np.zeros((len(dx), n, w, len(self.cols), dx.shape[3]), dz.dtype)
        for there, k in zip(self.rows, self.kernel, strict=True):
            dpatches[there] += (dz @ k.reshape(-1, self.filters).T).reshape(h, n, w, *k.shape[:2])   # (6)
        for b, there in enumerate(self.cols):
            dx[:, :, there] += dpatches[:, :, :, b]
        return dx[self.inside].swapaxes(0, 1)                          # (N, H, W, C)
