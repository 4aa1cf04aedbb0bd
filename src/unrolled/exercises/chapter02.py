"""Judges of the exercises of chapter 2, calculus."""

import numpy as np

from . import exercise, expect


def three(answer, right, hint):
    """Judge a tuple of numbers."""
    answer = np.ravel(np.asarray(answer, dtype=float))
    if answer.shape != (len(right),):
        return f"{len(right)} numbers are asked for; you gave {answer.size}."
    return expect(np.allclose(answer, right), hint(answer))


@exercise("02.1")
def cube(answer):
    hints = {8: "That is f(2).", 6: "3a² is asked for at a = 2; you have 3a.", 4: "That is the derivative of x² at 2."}
    answer = float(answer)
    return expect(answer == 12, hints.get(answer, "Expand (2 + h)³ − 2³, divide by h, and let h go to 0."))


@exercise("02.2")
def partials(answer):
    def hint(a):
        if np.allclose(a, (7, 20)):
            return "They are exchanged: first the derivative by x."
        if np.allclose(a, (20, 4)):
            return "By x it is right. By y, the term 3y counts, too."
        return "Hold y fixed for the first and x for the second. Does 3y depend on x?"

    return three(answer, (20, 7), hint)


@exercise("02.3")
def second_derivative(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    value = float(answer(np.sin, 1.0, 1e-3))
    if np.isclose(value, np.cos(1.0), atol=1e-3):
        return "That is the first derivative."
    if np.isclose(value, -np.sin(1.0) * 1e-3, rtol=1e-2) or np.isclose(value, -np.sin(1.0) * 1e-6, rtol=1e-2):
        return "Divide by h once for each difference, so by h²."
    return expect(np.isclose(value, -np.sin(1.0), atol=1e-5), f"For sin at 1 with h = 0.001 it gives {value:.5f}; the second "
                                                             f"derivative is {-np.sin(1.0):.5f}.")


@exercise("02.4")
def chained(answer):
    if np.isclose(answer, np.cos(1.0)):
        return "That is the outer derivative. The inner one is missing."
    return expect(np.isclose(answer, 2 * np.cos(1.0), atol=1e-4), "The derivative of sin at x², times that of x².")


@exercise("02.5")
def by_pencil(answer):
    def hint(a):
        if np.allclose(a, (20, 30, 10)):
            return "Multiplication swaps: a gets what came, times b."
        if np.allclose(a, (3, 2, 1)):
            return "The square is missing: what arrives at the sum is not 1 but 2(ab + c)."
        if np.allclose(a, (15, 10, 5)):
            return "The derivative of s² is 2s, not s."
        return "Forwards first: ab, ab + c, the square. Then from the right, one node at a time."

    return three(answer, (30, 20, 10), hint)


@exercise("02.6")
def division(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    dx, dy = (float(v) for v in answer(0.5, 3.0, -2.0))
    if not np.isclose(dx, -0.25):
        return f"By x: for dz = 0.5, x = 3, y = −2 it should be −0.25; it is {dx:g}."
    if np.isclose(dy, 0.375):
        return "By x it is right; by y the sign is missing: a larger y makes x/y smaller (for positive x and y)."
    return expect(np.isclose(dy, -0.375), f"By x it is right; by y it should be −0.375; it is {dy:g}.")


@exercise("02.7")
def summit(answer):
    if np.isclose(float(answer), -np.sqrt(0.5), atol=1e-3):
        return "There f is smallest."
    return expect(np.isclose(float(answer), np.sqrt(0.5), atol=1e-4), "Is the slope zero there? And does f fall on both sides?")
