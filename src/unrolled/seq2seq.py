"""Sequences to sequences: one network reads the question, another writes the answer, symbol by symbol."""

import numpy as np

from .activations import log_softmax
from .batches import number, whole
from .layers import GRU, LSTM, AdditiveAttention, Attention, Dense, SimpleRNN
from .models import Model
from .utils import unknown

CELLS = {"lstm": LSTM, "gru": GRU, "simple_rnn": SimpleRNN}
ATTENTION = {"dot": Attention, "additive": AdditiveAttention}


class Seq2Seq(Model):
    r"""An encoder–decoder (Cho et al. 2014; Sutskever, Vinyals and Le 2014).

    The encoder reads the question. Its last state is the decoder's first one; the decoder reads the answer as far
    as it is written, and says how likely each symbol is to come next:

    .. math:: s_\tau = f_\text{enc}(x_\tau, s_{\tau-1}) \quad (1) \qquad
              h_0 = s_T \quad (2) \qquad h_t = f_\text{dec}(y_{t-1}, h_{t-1}) \quad (3)

    .. math:: p(y_t \mid y_1, \dots, y_{t-1}, x) = \mathrm{softmax}(\bar h_t V + b), \qquad \bar h_t = h_t \quad (4)

    (of an LSTM, states include the cells). With attention the decoder looks back at all that the encoder wrote,

    .. math:: w_{t\tau} = h_t \cdot s_\tau \quad\text{or}\quad w_{t\tau} = \tanh(h_t W_a + s_\tau U_a)\,v_a \quad (5)

    .. math:: \alpha_{t\tau} = \mathrm{softmax}_\tau(w_{t\tau}) \quad (6) \qquad
              c_t = \textstyle\sum_\tau \alpha_{t\tau} s_\tau \quad (7) \qquad \bar h_t = \tanh((h_t, c_t)\,W_c) \quad (8)

    (Luong, Pham and Manning 2015: the decoder asks with its present state. In Bahdanau, Cho and Bengio 2015 it asks
    with :math:`h_{t-1}`, and :math:`c_t` goes into (3).)

    *Teacher forcing*: in training the decoder reads the right answer. ``fit([questions, answers], answers)`` gives it
    the answers, of which it has read :math:`y_1, \dots, y_{t-1}` when it is asked for :math:`y_t`. On its own, in
    `greedy` and `beam`, it reads what it wrote itself.

    Parameters
    ----------
    units : int
        The length H of all states.
    symbols : int
        The number K of different symbols in answers.
    cell : {"lstm", "gru", "simple_rnn"}
    attention : {"dot", "additive"}, optional
        The first score of (5) or the second.
    start : bool, default True
        Whether the decoder begins by reading a start symbol, a row of zeros. False: nothing is read before the first
        symbol, which is told by the encoder's last state, :math:`h_1 = s_T`.
    sampling_rate : float, default 0
        In training, the probability that the decoder reads what it finds most likely itself instead of the right
        symbol: scheduled sampling (Bengio et al. 2015) if it grows from epoch to epoch, by a callback that sets this
        attribute.
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    encoder, decoder, head : Layer
        f_enc, f_dec, and the `Dense` layer of (4).
    query, key, attend, combine : Layer
        With attention: of (5) W_a and U_a, if it is additive; the scores, weights and sums of (5)–(7); W_c of (8).

    Notes
    -----
    Questions have shape (N, T, D) and answers (N, T', K), one-hot rows for example; T and T' may differ from batch to
    batch. A question's rows of zeros are padding: the encoder skips them, and attention leaves them out. An answer is
    padded by one-hot rows of a symbol such as the blank, not by rows of zeros, which the loss refuses. What of the
    padding is not to be learned gets the ``sample_weight`` 0, of shape (N, T'); keep 1 where the answer's end is to be
    learned. Derived in chapters 18 and 19.
    """

    input_names = ("questions", "answers")

    def __init__(self, units, symbols, cell="lstm", attention=None, start=True, sampling_rate=0.0, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(cell, str) or cell not in CELLS:
            raise unknown("cell", cell, CELLS)
        if attention is not None and (not isinstance(attention, str) or attention not in ATTENTION):
            raise unknown("attention", attention, ATTENTION)
        if not 0 <= number("sampling_rate", sampling_rate) <= 1:
            raise ValueError(f"sampling_rate is a probability, from 0 to 1, but {sampling_rate!r} was given.")
        self.units, self.symbols, self.cell, self.attention = whole("units", units), whole("symbols", symbols), cell, attention
        self.start, self.sampling_rate = start, sampling_rate
        same = dict(trainable=self.trainable, dtype=self.dtype)
        self.encoder = CELLS[cell](units, return_sequences=attention is not None, name="encoder", **same)
        self.decoder = CELLS[cell](units, return_sequences=True, name="decoder", **same)
        if attention == "additive":
            self.query = Dense(units, use_bias=False, name="query", **same)
            self.key = Dense(units, use_bias=False, name="key", **same)
        if attention is not None:
            self.attend = ATTENTION[attention](name="attention", **same)
            self.combine = Dense(units, "tanh", use_bias=False, name="combine", **same)
        self.head = Dense(symbols, "softmax", name="head", **same)
        self.activation = self.head.activation

    def build_once(self, input_shape):
        super().build_once(tuple((None, None, *shape[2:]) for shape in input_shape))         # of any length

    def build(self, input_shape):
        questions, answers = input_shape
        if len(questions) != 3 or len(answers) != 3 or answers[2] != self.symbols:
            raise self.mismatch(f"questions (N, T, D) and answers (N, T', {self.symbols})", input_shape)
        states = None, None, self.units
        self.encoder.build_once(questions)
        self.decoder.build_once(answers)
        if self.attention == "additive":
            self.query.build_once(states)
            self.key.build_once(states)
        if self.attention is not None:
            self.attend.build_once((states, states))
            self.combine.build_once((None, None, 2 * self.units))
        self.head.build_once(states)

    def check(self, shape):
        super().check(shape)
        if 0 in (shape[0][1], shape[1][1]) or shape[1][1] == 1 and not self.start:
            raise self.mismatch(f"questions of a symbol or more and answers of {1 if self.start else 2} or more", shape)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[1])

    # Teacher forcing

    def forward(self, x, training=False):
        questions, answers = x                                           # (N, T, D), (N, T', K)
        memory = self.encode(questions)
        if training and self.sampling_rate:
            answers = self.mixed(memory, answers)
        state = memory[0]                                                # (N, H)            (2)
        if self.start:
            read = np.concatenate([np.zeros_like(answers[:, :1]), answers[:, :-1]], axis=1)
            h = self.decoder.forward(read, initial_state=state)          # (N, T', H)        (3)
        else:
            h = self.decoder.forward(answers[:, :-1], initial_state=state)
            h = np.concatenate([state[0][:, None], h], axis=1)
        return self.tell(memory, h)

    def encode(self, questions):
        """Read the questions; return the last state, the outputs of all steps, and where the questions are no padding."""
        mask = questions.any(axis=-1)                                    # (N, T)
        mask = None if mask.all() else mask
        outputs = self.encoder.forward(questions, mask=mask)             # (N, T, H)         (1)
        return self.encoder.last_state, outputs, mask

    def tell(self, memory, h):
        """Return the probabilities of symbols, (N, T', K), for the decoder's states h, (N, T', H)."""
        if self.attention is not None:
            _, outputs, mask = memory
            asked = [h, outputs]
            if self.attention == "additive":
                asked = [self.query.forward(h), outputs, self.key.forward(outputs)]
            c = self.attend.forward(asked, mask=[None, mask])            # (N, T', H)        (5)-(7)
            h = self.combine.forward(np.concatenate([h, c], axis=-1))    # (N, T', H)        (8)
        y = self.head.forward(h)                                         # (N, T', K)        (4)
        self.z = self.head.z
        return y

    def backward(self, dy):
        return self.backward_logits(self.activation.backward(dy, self.z, self.head.y))

    def backward_logits(self, dz):
        self.encoder.needs_dx = self.decoder.needs_dx = self.needs_dx
        dh, doutputs = self.head.backward_logits(dz), None               # (N, T', H)
        if self.attention is not None:
            dh, dc = np.split(self.combine.backward(dh), 2, axis=-1)
            dasked, doutputs, *dkey = self.attend.backward(dc)
            if self.attention == "additive":
                dasked, doutputs = self.query.backward(dasked), doutputs + self.key.backward(dkey[0])
            dh = dh + dasked
        dread = self.decoder.backward(dh if self.start else dh[:, 1:])
        dstate = self.decoder.dinitial_state
        if not self.start:
            dstate = [dstate[0] + dh[:, 0], *dstate[1:]]                 # the encoder's last state told the first symbol
        dquestions = self.encoder.backward(doutputs, dstate)
        if not self.needs_dx:
            return None
        danswers = np.zeros((*dz.shape[:2], self.symbols), dz.dtype)
        danswers[:, :-1] = dread[:, 1:] if self.start else dread
        return [dquestions, danswers]

    def backward_to_weights(self, dy, from_logits=False):
        self.needs_dx = False
        super().backward_to_weights(dy, from_logits)
        self.needs_dx = True

    # On its own

    def step(self, memory, state, read):
        """Return the logits of the next symbol, (N, K), and the decoder's state; `read` (N, K) is None at the beginning."""
        if read is None and not self.start:
            h = state[0][:, None]
        else:
            read = np.zeros((len(state[0]), self.symbols), self.dtype) if read is None else read
            h = self.decoder.forward(read[:, None], initial_state=state)             # (N, 1, H)
            state = self.decoder.last_state
        self.tell(memory, h)
        return self.z[:, 0], state

    def mixed(self, memory, answers):
        """Return answers with symbols replaced, by chance, by those that the decoder finds most likely."""
        own = self.rng.random(answers.shape[:2]) < self.sampling_rate                # (N, T')
        state, read, mixed = memory[0], None, answers.copy()
        for t in range(answers.shape[1] - 1):                            # the last one is not read
            z, state = self.step(memory, state, read)
            mixed[own[:, t], t] = self.rows(z.argmax(axis=-1))[own[:, t]]
            read = mixed[:, t]
        return mixed

    def rows(self, numbers):
        """Return numbers of symbols as one-hot rows."""
        return np.eye(self.symbols, dtype=self.dtype)[numbers]

    def greedy(self, questions, length):
        """Write answers; each symbol is the most likely one after those before it.

        Parameters
        ----------
        questions : array_like, shape (N, T, D)
        length : int
            L.

        Returns
        -------
        numpy.ndarray of int, shape (N, L)
            The numbers of the symbols.

        Raises
        ------
        ValueError
            If the questions do not fit, or the model is not built.
        """
        memory = self.encode(self.asked(questions))
        state, read, written = memory[0], None, []
        for _ in range(whole("length", length)):
            z, state = self.step(memory, state, read)
            written.append(z.argmax(axis=-1))                            # (N,)
            read = self.rows(written[-1])
        return np.stack(written, axis=1)

    def beam(self, questions, length, width=4, end=None):
        r"""Write answers; of all beginnings of an answer, always the `width` most likely ones are pursued.

        .. math:: \log p(y_1, \dots, y_t \mid x) = \textstyle\sum_{k \le t} \log p(y_k \mid y_1, \dots, y_{k-1}, x)

        Parameters
        ----------
        questions : array_like, shape (N, T, D)
        length : int
            L.
        width : int, default 4
            W; 1 is `greedy`.
        end : int, optional
            The number of the symbol that ends an answer. After it nothing else follows, at no cost.

        Returns
        -------
        symbols : numpy.ndarray of int, shape (N, W, L)
            The answers to each question, the most likely first.
        log_p : numpy.ndarray, shape (N, W)
            Their log probabilities; -inf where there are fewer than W answers.

        Raises
        ------
        ValueError
            As `greedy`, or if `end` is no symbol.
        """
        questions, width = self.asked(questions), whole("width", width)
        if end is not None and whole("end", end, 0) >= self.symbols:
            raise ValueError(f"The symbols have numbers from 0 to {self.symbols - 1}, but end is {end}.")
        n = len(questions)
        # Beginnings of answers to one question stand one after another. At first all are the same, so one counts.
        state, outputs, mask = self.encode(questions)
        state = [np.repeat(s, width, axis=0) for s in state]                         # (N W, H)
        memory = state, np.repeat(outputs, width, axis=0), None if mask is None else np.repeat(mask, width, axis=0)
        log_p, symbols, read = np.full((n, width), -np.inf), np.zeros((n, width, 0), int), None
        log_p[:, 0] = 0
        for t in range(whole("length", length)):
            z, state = self.step(memory, state, read)
            more = log_softmax(z).reshape(n, width, self.symbols).astype(float)
            if end is not None and t:
                ended = symbols[..., -1] == end
                more[ended] = np.where(np.arange(self.symbols) == end, 0, -np.inf)
            total = (log_p[..., None] + more).reshape(n, -1)                         # (N, W K)
            best = np.argsort(-total, axis=1, kind="stable")[:, :width]              # (N, W)
            log_p = np.take_along_axis(total, best, axis=1)
            parent, symbol = np.divmod(best, self.symbols)
            symbols = np.concatenate([np.take_along_axis(symbols, parent[..., None], axis=1), symbol[..., None]], axis=2)
            state = [s[(parent + width * np.arange(n)[:, None]).ravel()] for s in state]
            read = self.rows(symbol.ravel())
        return symbols, log_p

    def attention_weights(self, questions, answers):
        r"""Return :math:`\alpha`, shape (N, T', T): where the decoder looks for each symbol of these answers.

        Parameters
        ----------
        questions : array_like, shape (N, T, D)
        answers : array_like, shape (N, T', K)
            The right ones, or those that the model writes itself, as one-hot rows.

        Raises
        ------
        ValueError
            If the model has no attention.
        """
        if self.attention is None:
            raise ValueError("This model has no attention. Make it with attention='dot' or attention='additive'.")
        self([questions, answers])
        return self.attend.attention_scores

    def asked(self, questions):
        """Return questions as `encode` takes them."""
        if not self.built:
            raise ValueError("This model has no weights yet. Train it, or call it on questions and answers, first.")
        questions = self.cast_input("questions", questions)
        self.check((questions.shape, (len(questions), 2, self.symbols)))
        return questions
