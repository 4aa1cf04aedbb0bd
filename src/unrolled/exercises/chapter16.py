"""Judges of the exercises of chapter 16, GRU."""

import numpy as np

from .. import datasets, layers
from ..activations import sigmoid
from . import exercise, expect


@exercise("16.1")
def parameters(answer):
    a = np.ravel(np.asarray(answer, dtype=float))
    if a.shape != (2,):
        return f"Two numbers are asked for; you gave {a.size}."
    hints = {(14208, 14208): "The biases are missing.", (14400, 14464): "In Keras's form each block has a second bias.",
             (14400, 14400): "The form after the product has more biases.", (14592, 14400): "The two are exchanged.",
             (19200, 19456): "Those are four blocks. A GRU has three."}
    wrong = " and ".join(name for name, x, y in zip("ab", a, (14400, 14592), strict=True) if x != y)
    return expect(not wrong, hints.get(tuple(a.astype(int)), f"Look again at ({wrong}): three blocks, each of an input kernel, "
                                                           "a recurrent kernel and biases."))


@exercise("16.2")
def by_pencil(answer):
    answer = np.asarray(answer, dtype=float).item()
    hints = {0.75: "That is the straight path alone. The state went three other ways as well.",
             1.0: "The straight path and the candidate are there. The two gates have seen the state, too.",
             1.15: "The reset gate has seen the state, too.", 1.1: "The update gate has seen the state, too.",
             0.25: "Those are the gates alone, or the candidate alone.",
             1.5: "The reset gate stands between the candidate and the state: 0.5 of it comes through."}
    close = [hint for value, hint in hints.items() if np.isclose(answer, value)]
    return expect(np.isclose(answer, 1.25), close[0] if close else "Take the four terms of (16.12) one by one; g' is 1 at 0.")


@exercise("16.3")
def running_mean(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    if not np.isclose(answer(1), 0):
        return "At the first mark nothing of the state may stay: whatever it holds has not been marked."
    if not np.isclose(answer(2), 0.5):
        return "At the second mark old and new count equally."
    x, state = np.random.default_rng(0).random(8), 0.0
    for k, number in enumerate(x, start=1):
        u = answer(k)
        state = u * state + (1 - u) * number
        if not np.isclose(state, x[:k].mean()):
            return (f"After {k} marks the state is not the mean of the {k} numbers. The old state stands for {k - 1} numbers, "
                    "the new one for one.")
    return None


@exercise("16.4")
def last_marked(answer):
    if len(answer) != 3:
        return f"Three arrays are asked for; you gave {len(answer)}."
    weights = [np.asarray(w, dtype=float) for w in answer]
    shapes = [w.shape for w in weights]
    if shapes != [(2, 3), (1, 3), (3,)]:
        return f"The shapes should be (2, 3), (1, 3) and (3,); yours are {', '.join(map(str, shapes))}."
    x, _ = datasets.adding(300, length=40, seed=5)
    gru = layers.GRU(1, reset_after=False, dtype="float64")
    gru.build(x.shape)
    gru.set_weights(weights)
    found = np.asarray(gru(x))[:, 0]
    at = x.shape[1] - 1 - x[:, ::-1, 1].argmax(axis=1)
    every = np.arange(len(x))
    first = x[every, x[..., 1].argmax(axis=1), 0]
    if np.allclose(found, np.tanh(x[every, at, 0]), atol=0.01):
        return None
    if np.allclose(found, np.tanh(first), atol=0.02):
        return "It holds the first marked number and not the last."
    if np.allclose(found, np.tanh(x[:, -1, 0]), atol=0.02):
        return "It holds the last number, marked or not. Is u near 1 where there is no mark?"
    if np.abs(found).max() < 0.01:
        return "It stays at 0. Does the update gate let anything in at a mark, and does the candidate see the number?"
    return (f"For one sequence it ends at {found[0]:.3f}; it should be {np.tanh(x[0, at[0], 0]):.3f}. Without a mark u should "
            "be very near 1, at a mark very near 0, and the candidate should be tanh of the number alone.")


@exercise("16.5")
def flips(answer):
    a = np.ravel(np.asarray(answer, dtype=float))
    if a.shape != (3,):
        return f"Three numbers are asked for; you gave {a.size}."
    U, u, bell = a
    if not (0 <= u <= 1 and 0 <= bell <= 1):
        return "A gate lies between 0 and 1."
    if not np.isclose(u + (1 - u) * U, -1):
        return f"Between the bells h becomes {u + (1 - u) * U:g} h; it should become -h."
    return expect(np.isclose(bell + (1 - bell) * U, 0) and bell < 1,
                  f"At a bell {bell + (1 - bell) * U:g} of the old state is left: what comes straight, u, and what comes "
                  "through the candidate, (1 - u) U, should cancel.")


def other_meaning(x, kernel, recurrent_kernel, bias):
    h = np.zeros((len(x), len(recurrent_kernel)))
    n = h.shape[1]
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + bias
        u, r = np.split(sigmoid(z[:, :2 * n] + h @ recurrent_kernel[:, :2 * n]), 2, axis=1)
        h = (1 - u) * h + u * np.tanh(z[:, 2 * n:] + (r * h) @ recurrent_kernel[:, 2 * n:])
    return h


@exercise("16.6")
def translated(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    x = np.random.default_rng(0).standard_normal((4, 6, 3))
    gru = layers.GRU(5, reset_after=False, dtype="float64")
    gru.build(x.shape)
    rng = np.random.default_rng(1)
    weights = [rng.standard_normal(w.shape) for w in gru.get_weights()]
    gru.set_weights(weights)
    given = [w.copy() for w in weights]
    result = answer(*given)
    if len(result) != 3 or any(np.shape(r) != w.shape for r, w in zip(result, weights, strict=True)):
        return "It should return three arrays of the shapes that it was given."
    if any(not np.array_equal(g, w) for g, w in zip(given, weights, strict=True)):
        return "It has changed the arrays that it was given. Copy them first."
    result = [np.asarray(r, dtype=float) for r in result]
    if np.allclose(other_meaning(x, *result), gru(x), atol=1e-10):
        return None
    if all(np.array_equal(r, -w) for r, w in zip(result, weights, strict=True)):
        return "Only the update gate means something else; you have turned the reset gate and the candidate as well."
    if all(np.array_equal(r, w) for r, w in zip(result, weights, strict=True)):
        return "Nothing has changed. By (16.8), what turns σ(v) into 1 − σ(v)?"
    for name, r, w in zip(("the kernel", "the recurrent kernel", "the bias"), result, weights, strict=True):
        n = w.shape[-1] // 3
        if not np.allclose(r[..., :n], -w[..., :n]):
            return f"In {name} the block of u, the first {n} columns, should have changed its sign."
    return "The blocks of r and h should stay as they are."


@exercise("16.7")
def mended(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(0)
    dh, h, new, q = rng.uniform(-0.9, 0.9, (4, 2, 3))
    u, r = rng.uniform(0.1, 0.9, (2, 2, 3))
    U = rng.standard_normal((3, 9))
    Uu, Ur, Uh = np.split(U, 3, axis=1)
    d_u, d_h = (h - new) * dh * u * (1 - u), (1 - u) * dh * (1 - new**2)
    gate = r * (1 - r)
    straight = u * dh + d_u @ Uu.T
    found = np.asarray(answer(dh, h, u, r, new, q, U), dtype=float)
    if found.shape != h.shape:
        return f"dh(t-1) should have the shape {h.shape} of h; yours has {found.shape}."
    if np.allclose(found, straight + (r * d_h) @ Uh.T + (q * d_h * gate) @ Ur.T):
        return None
    if np.allclose(found, straight + d_h @ Uh.T + (q * d_h * gate) @ Ur.T):
        return "The reset gate is right now. On the way from the candidate to the state one has to pass the reset gate, too."
    if np.allclose(found, straight + (r * d_h) @ Uh.T + (h * d_h * gate) @ Ur.T):
        return "The way through the candidate is right now. What does r multiply in this form?"
    if np.allclose(found, straight + r * (d_h @ Uh.T) + (h * (d_h @ Uh.T) * gate) @ Ur.T):
        return "That is the way back of the form before the product."
    return "Compare it line by line with (16.11) and (16.12), or with a finite difference."


@exercise("16.8")
def little(answer):
    if not hasattr(answer, "predict"):
        return "Hand in the model itself."
    if not any(isinstance(layer, layers.GRU) for layer in answer.layers):
        return "There is no GRU in it."
    x, t = datasets.adding(1000, length=20, seed=77)
    error = float(np.mean((np.asarray(answer.predict(x, verbose=0)).reshape(t.shape) - t) ** 2))
    if answer.count_params() > 40:
        return f"It has {answer.count_params()} parameters; at most 40 are allowed. Its error is {error:.3f}."
    return expect(error < 0.01, f"On new sequences its squared error is {error:.3f}. Train it longer or at a higher rate, or "
                                "start from another seed.")
