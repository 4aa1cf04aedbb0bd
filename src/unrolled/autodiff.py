r"""Automatic differentiation: NumPy that remembers what it computed.

A `Variable` holds an array. What NumPy computes from variables is a variable again, and it remembers by which
function, and from what: this is the *graph* of the computation. `Variable.backward` walks the graph from the
result back to where it began. If L depends on y = f(a, b), and dv stands for the derivative of L by v, then

.. math:: da = dy\,\frac{\partial f}{\partial a} \quad (1) \qquad
          db = dy\,\frac{\partial f}{\partial b} \quad (2)

by the chain rule, and a variable that is used in several places gets the sum of what comes from each (3):

>>> x = Variable(3.0)
>>> y = x * x + x
>>> y.backward()
>>> float(x.grad)
7.0

`DERIVATIVES` holds (1) and (2), one line per function. To add a function of your own, write its line and call
it by `apply`. Everything is computed in float64. Developed in chapter 02.
"""

import inspect
import itertools
import operator

import numpy as np

from .batches import array

_clock = itertools.count()


class Variable:
    """An array, and how it was computed.

    Parameters
    ----------
    value : array_like
        Numbers, of any shape.
    name : str, optional
        Shown when it is printed or drawn.

    Attributes
    ----------
    value : numpy.ndarray of float64
    grad : numpy.ndarray
        The derivative that `backward` found, in the shape of `value`. It adds up over calls; to clear it, set
        it to 0.
    function, args, options
        Where it came from: ``value = function(*args, **options)``. None, (), {} if it was given.
    """

    function, args, options = None, (), {}

    def __init__(self, value, name=None):
        if isinstance(value, Variable):
            raise TypeError("A Variable cannot hold another one: "
                            "derivatives of derivatives are not recorded.")
        if not isinstance(name, str | None):
            raise TypeError(f"The name of a Variable is a text, but {name!r} was given.")
        try:
            self.value = np.array(array("value", value), dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            raise TypeError(f"A Variable holds a number or an array of numbers, but got {value!r}.") from None
        self.grad, self.name = np.zeros_like(self.value), name
        self.time = next(_clock)                             # later than that of all it was computed from

    # Backward

    def backward(self, dy=1.0):
        """Add to the `grad` of every variable in the graph the derivative of L by it.

        Parameters
        ----------
        dy : array_like
            The derivative of L by this variable. 1 if this is L itself, a single number.

        Raises
        ------
        ValueError
            If dy has not the shape of this variable.
        """
        dy = array("derivative dy", dy)
        if np.shape(dy) != self.shape and (np.size(dy), self.size) != (1, 1):
            raise ValueError(f"backward starts from the derivative of a number L by this variable, in its "
                             f"shape {self.shape}, but got shape {np.shape(dy)}. Sum it up first, or pass dy.")
        derivative = {self: np.reshape(np.asarray(dy, np.float64), self.shape)}
        for y in self.history():                             # all that uses y is done: dy is complete
            if y not in derivative:
                raise TypeError(f"{y!r} is an argument by which a function has no derivative here.")
            for x, dx in zip(y.inputs, y.local_backward(derivative[y]), strict=False):
                if isinstance(x, Variable):
                    derivative[x] = derivative.get(x, 0.0) + sum_to(dx, x.shape)              # (3)
        for y, dy in derivative.items():
            y.grad = y.grad + dy

    def local_backward(self, dy):
        """Return for each argument the derivative of L by it."""
        if self.function is None:
            return ()
        values = [value_of(a) for a in self.args]
        return DERIVATIVES[self.function](dy, self.value, *values, **self.options)            # (1), (2)

    @property
    def inputs(self):
        """The arguments. (np.concatenate takes them as a list.)"""
        return self.args[0] if self.function is np.concatenate else self.args

    def history(self):
        """Return this variable and all that it was computed from, the latest first.

        The order in which variables were made serves as the order of the walk. There is no recursion, so a
        graph may be as deep as memory allows.
        """
        found, waiting = {self}, [self]
        while waiting:
            for x in waiting.pop().inputs:
                if isinstance(x, Variable) and x not in found:
                    found.add(x)
                    waiting.append(x)
        return sorted(found, key=lambda v: v.time, reverse=True)

    # NumPy asks its arguments whether they compute a function themselves (NEP 13 and NEP 18): variables do.

    def __array_ufunc__(self, ufunc, method, *args, **options):
        if method != "__call__" or options:
            raise TypeError(f"{ufunc.__name__} of a Variable takes no options "
                            "and computes nothing in place.")
        return apply(ufunc, *args)

    def __array_function__(self, function, types, args, options):
        if any(isinstance(v, Variable) for v in options.values()):
            raise TypeError(f"{function.__name__} takes a Variable by its place, not by a name: write it "
                            "without name=.")
        if function in DERIVATIVES:
            try:
                inspect.signature(DERIVATIVES[function]).bind(None, None, *args, **options)
            except TypeError as error:
                raise TypeError(f"The derivative of {function.__name__} is not known for these arguments "
                                f"({error}).") from None
        return apply(function, *args, **options)

    def __array__(self, *args, **kwargs):
        raise TypeError("A Variable is not an array. Its numbers are in .value, its derivative in .grad.")

    # The methods of arrays that read better than functions.

    def sum(self, axis=None, keepdims=False):
        return np.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis=None, keepdims=False):
        return np.mean(self, axis=axis, keepdims=keepdims)

    def max(self, axis=None, keepdims=False):
        return np.max(self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape):
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes):
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    def __getitem__(self, index):
        return apply(operator.getitem, self, index)

    def __iter__(self):
        return (self[k] for k in range(len(self)))

    def __len__(self):
        return len(self.value)

    def __float__(self):
        return float(self.value)

    def draw(self):
        """Return a figure of the graph that ends here; see `unrolled.graphs.draw`."""
        from .graphs import draw

        return draw(self)

    def __repr__(self):
        return f"Variable({self.value}{f', name={self.name!r}' if self.name else ''})"

    T = property(transpose)
    shape, ndim, size, dtype = (property(lambda v, name=name: getattr(v.value, name))
                                for name in ("shape", "ndim", "size", "dtype"))


# x + y calls np.add(x, y), and so on. There is no x.__iadd__: x += y makes a new variable and renames it x.

OPERATORS = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "pow": np.power,
             "matmul": np.matmul, "lt": np.less, "le": np.less_equal, "gt": np.greater,
             "ge": np.greater_equal}
for _name, _function in OPERATORS.items():
    setattr(Variable, f"__{_name}__", lambda a, b, f=_function: f(a, b))
    setattr(Variable, f"__r{_name}__", lambda a, b, f=_function: f(b, a))
Variable.__neg__, Variable.__abs__ = lambda a: np.negative(a), lambda a: np.abs(a)


def apply(function, *args, **options):
    """Return function(*args, **options) as a variable that remembers this.

    Raises
    ------
    TypeError
        If `DERIVATIVES` has no line for the function.
    """
    if not callable(function):
        raise TypeError(f"apply takes a function and its arguments, but got {function!r} as the function.")
    if function is np.concatenate and isinstance(args[0], Variable):
        args = list(args[0]), *args[1:]                      # it takes a list, and these are its rows
    values = [value_of(a) for a in args]
    if function in CONSTANT:
        return function(*values, **options)
    if function not in DERIVATIVES:
        known = ", ".join(sorted(f.__name__ for f in DERIVATIVES))
        raise TypeError(f"The derivative of {function.__name__} is not known here. Known are {known}.")
    y = Variable(function(*values, **options))
    y.function, y.args, y.options = function, args, options
    return y


def grad(f):
    """Return the function that computes the derivative of f by its arguments.

    Parameters
    ----------
    f : function
        From numbers or arrays to one number, written with NumPy.

    Returns
    -------
    function
        Takes f's arguments. Returns the derivative in the argument's shape, for several arguments a tuple.

    Raises
    ------
    ValueError
        When called, if f returns more than one number.
    """
    if not callable(f):
        raise TypeError(f"grad takes a function, but got {f!r}.")

    def derivative(*args):
        xs = [Variable(a) for a in args]
        y = f(*xs)
        if isinstance(y, Variable):                          # otherwise it depends on none of them
            y.backward()
        return xs[0].grad if len(xs) == 1 else tuple(x.grad for x in xs)

    return derivative


def value_of(a):
    """Return the numbers of a variable, or of each in a list; anything else as it is."""
    if isinstance(a, list | tuple):
        return [value_of(v) for v in a] if any(isinstance(v, Variable) for v in a) else a
    return a.value if isinstance(a, Variable) else a


def sum_to(dx, shape):
    """Sum over the axes along which broadcasting repeated an argument of this shape: each copy counts (3)."""
    if np.shape(dx) == shape:
        return dx
    dx = np.sum(dx, axis=tuple(range(np.ndim(dx) - len(shape))))
    stretched = tuple(k for k, n in enumerate(shape) if n == 1 and dx.shape[k] != 1)
    return np.sum(dx, axis=stretched, keepdims=True) if stretched else dx


# The derivatives by each argument. In each line y = f(a, b), and dy is the derivative of L by y.

def _matmul(dy, y, a, b):
    dy = dy[..., None] if np.ndim(b) == 1 else dy            # on the right, a vector is a column,
    dy = dy[..., None, :] if np.ndim(a) == 1 else dy         # on the left, a row
    row, column = np.atleast_2d(a), np.reshape(b, (-1, 1)) if np.ndim(b) == 1 else np.asarray(b)
    da, db = dy @ column.mT, row.mT @ dy
    return da, db[..., 0] if np.ndim(b) == 1 else db


def _spread(dy, a, axis, keepdims):
    """Bring a derivative by a sum over `axis` into a shape that broadcasts over the summands."""
    return dy if axis is None or keepdims or np.ndim(dy) == np.ndim(a) else np.expand_dims(dy, axis)


def _sum(dy, y, a, axis=None, *, keepdims=False):
    return [np.broadcast_to(_spread(dy, a, axis, keepdims), a.shape)]


def _mean(dy, y, a, axis=None, *, keepdims=False):
    return [np.broadcast_to(_spread(dy, a, axis, keepdims), a.shape) / (a.size / max(1, y.size))]


def _max(dy, y, a, axis=None, *, keepdims=False):
    greatest = a == _spread(y, a, axis, keepdims)            # equal ones share
    return [_spread(dy, a, axis, keepdims) * greatest / greatest.sum(axis, keepdims=True)]


def _clip(dy, y, a, a_min, a_max):
    low = -np.inf if a_min is None else array("limits", a_min)
    high = np.inf if a_max is None else array("limits", a_max)
    within, below = (a > low) & (a < high), np.less_equal(a, low) & np.less(low, high)
    return dy * within, dy * below, dy * ~(within | below)


def _getitem(dy, y, a, index):
    da = np.zeros_like(a)
    np.add.at(da, index, dy)                                 # adds up where an index is repeated
    return [da]


def _concatenate(dy, y, parts, axis=0):
    ends = np.cumsum([np.size(part) if axis is None else np.shape(part)[axis] for part in parts])
    pieces = np.split(dy, ends[:-1], 0 if axis is None else axis)
    return [np.reshape(piece, np.shape(part)) for piece, part in zip(pieces, parts, strict=True)]


DERIVATIVES = {
    np.add:           lambda dy, y, a, b: (dy, dy),
    np.subtract:      lambda dy, y, a, b: (dy, -dy),
    np.multiply:      lambda dy, y, a, b: (dy * b, dy * a),
    np.divide:        lambda dy, y, a, b: (dy / b, -dy * y / b),
    np.power:         lambda dy, y, a, b: (dy * b * a ** np.where(np.equal(b, 0), 0.0, np.subtract(b, 1.0)),
                                           dy * y * np.log(np.where(np.greater(a, 0), a, 1.0))),
    np.matmul:        _matmul,
    np.maximum:       lambda dy, y, a, b: (dy * np.greater(a, b), dy * np.less_equal(a, b)),
    np.minimum:       lambda dy, y, a, b: (dy * np.less_equal(a, b), dy * np.greater(a, b)),
    np.logaddexp:     lambda dy, y, a, b: (dy * np.exp(a - y), dy * np.exp(b - y)),
    np.negative:      lambda dy, y, a: [-dy],
    np.absolute:      lambda dy, y, a: [dy * np.sign(a)],
    np.sqrt:          lambda dy, y, a: [dy / (2 * y)],
    np.square:        lambda dy, y, a: [dy * 2 * a],
    np.exp:           lambda dy, y, a: [dy * y],
    np.expm1:         lambda dy, y, a: [dy * (y + 1)],
    np.log:           lambda dy, y, a: [dy / a],
    np.sin:           lambda dy, y, a: [dy * np.cos(a)],
    np.cos:           lambda dy, y, a: [-dy * np.sin(a)],
    np.tanh:          lambda dy, y, a: [dy * (1 - y * y)],
    np.clip:          _clip,
    np.where:         lambda dy, y, condition, a, b: (np.zeros_like(dy), np.where(condition, dy, 0.0),
                                                      np.where(condition, 0.0, dy)),
    np.sum:           _sum,
    np.mean:          _mean,
    np.max:           _max,
    np.reshape:       lambda dy, y, a, shape: [dy.reshape(a.shape)],
    np.transpose:     lambda dy, y, a, axes=None: [dy.transpose(None if axes is None else np.argsort(axes))],
    np.concatenate:   _concatenate,
    operator.getitem: _getitem,
}

# These have derivative 0, or none at all: of a variable they return plain arrays, and nothing is remembered.
CONSTANT = {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal, np.sign, np.floor,
            np.argmax, np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.isfinite}
