"""Judges of the exercises of chapter 21, toward transformers."""

import numpy as np

from .. import activations
from ..gradcheck import numerical_gradient
from ..transformer import sine_positions
from . import exercise, expect


@exercise("21.1")
def by_pencil(answer):
    y = float(np.asarray(answer).item())
    hints = {9 / 10 * 8 + 1 / 10 * 4: "The vectors have four entries: divide the scores by 2 before the softmax.",
             6.0: "The two scores differ. What is the inner product of the query with each key?",
             3 * 8 + 4: "Weights sum to 1. Divide by the sum of the powers of e.",
             1 / 4 * 8 + 3 / 4 * 4: "The first key has the higher score."}
    general = "Scores, divided by √d; then e to each; then shares."
    return expect(np.isclose(y, 7), next((hint for value, hint in hints.items() if np.isclose(y, value)), general))


@exercise("21.2")
def parameters(answer):
    pair = np.asarray(answer)
    if pair.shape != (2,):
        return "Give two numbers, for 6 heads and for 12."
    six, twelve = (int(n) for n in pair)
    right = 4 * 48 * 49 + 2 * 48 * 192 + 192 + 48 + 4 * 48
    hints = {right - 4 * 48 - 192 - 48: "There are biases, in the four matrices of attention and in both layers of F.",
             right - 4 * 48: "Each of the two normalisations has a γ and a β, or: each of the four matrices has a bias.",
             right - 48 * 49: "There are four matrices of attention: for queries, keys, values, and what mixes the heads.",
             4 * 48 * 49: "That is attention. F and the normalisations are missing.",
             right - 2 * 48: "There are two normalisations in a block."}
    if six != right:
        general = "Attention: four matrices of 48 × 48 with biases. F: 48 to 192 and back, with biases. Two times γ and β."
        return hints.get(six, general)
    return expect(twelve == six, "For 6 heads that is right. Twelve heads share the same 48 columns: each has only 4 of them.")


@exercise("21.3")
def same_cost(answer):
    if not callable(answer):
        return "Give the formula as a function of D, such as lambda D: ..."
    D = np.array([32, 64, 100])
    T = np.array([float(answer(int(d))) for d in D])
    if np.allclose(T, 6 * D):
        return "That is where the pairs cost as much as the rest of a block. Here the comparison is with an LSTM, without F."
    if np.allclose(T, 4 * D):
        return "Each pair costs D multiplications twice: for the score, and for the mean."
    if np.allclose(T, np.maximum(-2 * D, 0)) or (T <= 0).any():
        return "Without F a block has 4 T D² + 2 T² D. Is that not less than 8 T D² for small T?"
    return expect(np.allclose(T, 2 * D), "Set 4 T D² + 2 T² D, attention, equal to 8 T D², and solve for T.")


@exercise("21.4")
def causal(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    s = np.random.default_rng(0).standard_normal((2, 3, 4, 4))
    kept = s.copy()
    alpha = np.asarray(answer(s))
    if not np.array_equal(s, kept):
        return "Your function changes the scores that it is given. Work on a copy."
    if alpha.shape != s.shape:
        return f"Scores of shape {s.shape} gave weights of shape {alpha.shape}; they should have the same."
    seen = np.tri(4, dtype=bool)
    if np.allclose(alpha[..., seen], np.swapaxes(alpha, -1, -2)[..., seen]) or (alpha[..., 0, 1:] != 0).all():
        return "Row t may look at columns τ ≤ t: the triangle below the diagonal, and the diagonal itself."
    if (alpha[..., ~seen] != 0).any():
        return "Somebody looks ahead: above the diagonal the weights must be exactly 0."
    if not np.allclose(alpha.sum(axis=-1), 1):
        return "Each row must sum to 1. Mask the scores before the softmax; zeros put in afterwards leave a rest."
    right = activations.softmax(np.where(seen, s, -np.inf))
    if not np.allclose(alpha, right):
        return "Rows sum to 1 and nobody looks ahead, but the weights are not the softmax of the scores that are seen."
    with np.errstate(all="ignore"):
        large = np.asarray(answer(np.full((3, 3), 1000.0)))
    return expect(np.allclose(large, np.tri(3) / np.arange(1, 4)[:, None]),
                  "With scores of 1000 it breaks down: subtract the largest score of each row before taking e.")


@exercise("21.5")
def root_mean_square(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(1)
    x, dy, gamma, eps = rng.standard_normal((2, 3, 5)), rng.standard_normal((2, 3, 5)), rng.standard_normal(5), 0.1

    def forward(x):
        return gamma * x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)

    dx = np.asarray(answer(dy, x, gamma, eps))
    if dx.shape != x.shape:
        return f"dx must have the shape of x, {x.shape}; yours has {dx.shape}."
    scale = np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)
    g, x_hat = gamma * dy, x / scale
    along = x_hat * (x_hat * g).mean(axis=-1, keepdims=True)
    plain = x_hat * (x_hat * dy).mean(axis=-1, keepdims=True)
    for wrong, hint in ((g / scale, "ς depends on x, too: the term with the mean of x̂ g is missing."),
                        ((g - g.mean(axis=-1, keepdims=True) - along) / scale,
                         "This form leaves the mean of x alone: the term with the mean of g belongs to (21.21) only."),
                        (g - along, "Divide by ς in the end."),
                        ((dy - plain) / scale, "γ is missing: the blame at x̂ is γ ⊙ dy.")):
        if np.allclose(dx, wrong):
            return hint
    right = numerical_gradient(lambda a: np.sum(dy * forward(a)), x)
    return expect(np.allclose(dx, right, atol=1e-6),
                  "Finite differences disagree. Write ς dx̂ + x̂ dς = dx and find dς from ς² first.")


@exercise("21.6")
def three_back(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return "Give the pair W_q and W_k."
    W_q, W_k = (np.asarray(W, dtype=float) for W in answer)
    if W_q.shape != (32, 32) or W_k.shape != (32, 32):
        return f"Both matrices have the shape (32, 32); yours have {W_q.shape} and {W_k.shape}."
    P = sine_positions(40, 32)
    alpha = activations.softmax((P @ W_q) @ (P @ W_k).T / np.sqrt(32))
    places = np.arange(3, 40)
    if (alpha[places, places - 3] >= 0.9).all():
        return None
    most = alpha[3:37].argmax(axis=1) - np.arange(3, 37)
    if (most == -3).all():
        least = alpha[places, places - 3].min()
        return f"The right place has most weight, but as little as {least:.2f}. A longer query makes a softmax sharper."
    if (most == 3).all():
        return "It looks three places ahead: turn the other way."
    if (most == 0).all():
        return "Each place looks at itself. The query must be the key of another place, P_t R with a rotation (21.6)."
    return "Let W_k be the unit matrix, and W_q turn each hand by three steps, as (21.6) says."


@exercise("21.7")
def what_to_look_at(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return "Give a letter and a number, as a pair."
    letter, share = str(answer[0]).strip("() ").lower(), float(answer[1])
    hints = {"a": "The loss says that it does not learn, which she knows.",
             "c": "Six blocks have three times the parameters of two. Why would that keep them from learning?",
             "d": "If all places hold the same, weights say nothing: any mean of equal rows is that row. What tells you?"}
    if letter != "b":
        return hints.get(letter, "One of a, b, c and d.")
    if np.isclose(share, 1 - (1 / 3) ** 6):
        return "That is what is lost."
    return expect(np.isclose(share, (1 / 3) ** 6), "The letter is right. A third of a third of a third, six times.")


@exercise("21.8")
def sorts(answer):
    if not hasattr(answer, "predict"):
        return "Give the model itself."
    asked = np.random.default_rng(7).integers(10, size=(1000, 6))
    said = np.asarray(answer.predict(np.eye(10)[asked], verbose=0))
    if said.shape != (1000, 6, 10):
        return f"1000 questions should give chances of shape (1000, 6, 10), but gave {said.shape}."
    said = said.argmax(axis=-1)
    right = np.mean((said == np.sort(asked, axis=1)).all(axis=1))
    if right >= 0.9:
        return None
    if (said == asked).mean() > 0.9:
        return "It hands back the digits as they came."
    turned = np.asarray(answer.predict(np.eye(10)[asked[:, ::-1]], verbose=0)).argmax(axis=-1)
    if (turned == said[:, ::-1]).all():
        return "Read backwards, it gives the same answers backwards: it knows no places. Equal digits get equal answers."
    return f"It sorts {right:.2f} of new questions without a mistake. More epochs, another block, or no mask may help."
