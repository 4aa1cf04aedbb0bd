r"""Memory networks: a story kept sentence by sentence, and a question that looks up what it needs (chapter 20).

A sentence i of words x_{i1}, x_{i2}, ... (numbers of words; 0 is none) becomes a vector by an *embedding* A, a table with a
vector of length d for each word of the vocabulary, and a vector T(a) for its age a, 0 for the latest sentence:

.. math:: m_i = \textstyle\sum_j l_j \odot A_{x_{ij}} + T(a_i) \quad (1)

where :math:`l_j = 1` (a bag of words), or, with *position encoding*, which keeps the order of the J words,

.. math:: l_{jk} = (1 - j/J) - (k/d)(1 - 2j/J) \quad (2)

With a row :math:`r_i` that counts for each word how often it is in the sentence (with the weights of (2), if any) and has a 1
at the sentence's age, (1) is the product of :math:`r_i` and one matrix, and that is how it is computed: for small vocabularies
nothing is faster, there and back. Missing sentences are left out of every softmax.
"""

import math

import numpy as np

from . import activations, initializers
from .batches import whole
from .layers.attention import masked_softmax
from .layers.core import Dense
from .layers.embedding import as_symbols
from .layers.lstm import LSTM
from .models import Model


class _Memories(Model):
    """What memory networks share: from words to vectors, and back."""

    input_names = ("stories", "questions")

    position_encoding = False

    def __init__(self, vocab_size, embed_dim, temporal_encoding, embeddings_initializer, **kwargs):
        super().__init__(**kwargs)
        self.vocab_size, self.embed_dim = whole("vocab_size", vocab_size), whole("embed_dim", embed_dim)
        self.temporal_encoding = temporal_encoding
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.activation = activations.softmax
        self.ramp = np.arange(1, self.embed_dim + 1, dtype=self.dtype) / embed_dim                 # k / d in (2)

    def cast_input(self, name, x):
        return as_symbols(self, super().cast_input(name, x), self.vocab_size)

    def compute_output_shape(self, input_shape):
        return (input_shape[0][0], self.vocab_size)

    def rows(self, words, padding=False):
        """Return for each sentence, words (..., J), the row (..., V) of counts; `padding`: 0 is a word too."""
        shape, words = words.shape[:-1], words.reshape(math.prod(words.shape[:-1]), words.shape[-1])
        place = words + self.vocab_size * np.arange(len(words))[:, None]      # of each word in the flat table
        present = np.ones(words.shape) if padding else words != 0
        weights = [present]
        if self.position_encoding:
            j = present.cumsum(1) / np.maximum(present.sum(1, keepdims=True), 1)          # j / J
            weights = [present * (1 - j), present * (1 - 2 * j)]              # (2) is the first - k/d the second
        counts = [np.bincount(place.ravel(), w.ravel(), len(words) * self.vocab_size).reshape(len(words), self.vocab_size)
                  for w in weights]
        return np.concatenate(counts, 1, dtype=self.dtype).reshape(*shape, len(counts) * self.vocab_size)

    def story_rows(self, stories, padding=False):
        """Return the rows of sentences, ages included, and which sentences there are."""
        told = np.ones(stories.shape[:2], bool) if padding else stories.any(2)                # (N, S)
        rows = self.rows(stories, padding)                                    # (N, S, V)
        if self.temporal_encoding:
            ages = told[:, ::-1].cumsum(1)[:, ::-1] - 1                       # 0 for the latest
            one_hot = (ages[..., None] == np.arange(stories.shape[1])) & told[..., None]
            rows = np.concatenate([rows, one_hot], -1, dtype=self.dtype)      # (N, S, V + S)
        return rows, told

    def tables(self, embeddings, temporal=None):
        """Return the matrices (..., F, d) by which rows are multiplied."""
        parts = [embeddings, -self.ramp * embeddings] if self.position_encoding else [embeddings]
        return np.concatenate(parts if temporal is None else [*parts, temporal], axis=-2)

    def tables_backward(self, dtables, dembeddings, dtemporal=None):
        """Add to the gradients of tables what comes from those of the matrices."""
        v = self.vocab_size
        dembeddings += dtables[..., :v, :]
        if self.position_encoding:
            dembeddings -= self.ramp * dtables[..., v:2 * v, :]
        if dtemporal is not None:
            dtemporal += dtables[..., -dtemporal.shape[-2]:, :]

    def backward(self, dy):
        return self.backward_logits(self.activation.backward(dy, self.z, self.y))


class MemoryNetwork(_Memories):
    r"""The end-to-end memory network (Sukhbaatar et al., 2015).

    Sentences become memories :math:`m_i` by embeddings A and what is read from them, :math:`c_i`, by embeddings C, a question
    becomes u by an embedding B, each as in (1), the question without an age. In each hop k = 1, ..., K

    .. math:: p_i = \mathrm{softmax}_i(m_i \cdot u) \quad (3) \qquad o = \textstyle\sum_i p_i c_i \quad (4) \qquad
              u \leftarrow u + o \quad (5)

    and in the end :math:`\hat a = \mathrm{softmax}(z), z = u W` (6). The softmax of (3) runs over the sentences. Backward, du
    being what has come back to u after the hop,

    .. math:: dc_i = p_i\,du, \quad dp_i = c_i \cdot du \quad (7) \qquad ds_i = p_i (dp_i - \textstyle\sum_j p_j dp_j) \quad (8)

    .. math:: dm_i = ds_i\,u \quad (9) \qquad du \leftarrow du + \textstyle\sum_i ds_i m_i \quad (10)

    Parameters
    ----------
    vocab_size : int
        V, the number of words, 0 for none included. Inputs are stories (N, S, J) of S sentences of J words, in the order in
        which they are told, and questions (N, Q); missing words and sentences are 0. Outputs are probabilities (N, V).
    embed_dim : int
        d.
    hops : int
        K.
    tying : {"adjacent", "layer_wise"}
        "adjacent": the C of a hop is the A of the next, B the first A, and W the last C, transposed.
        "layer_wise": all hops have the same A and C; B and W are others, and between two hops (5) is u ← u H + o.
        With one hop this is the plain model with its four matrices.
    position_encoding : bool
        Whether the order of the words counts, by (2).
    temporal_encoding : bool
        Whether the age of sentences counts.
    linear : bool
        Whether (3) is left without its softmax, with which to begin can help (*linear start*): fit, set ``model.linear`` to
        False, fit again.
    embeddings_initializer : str or Initializer, optional
        Of all weights, by default normal with standard deviation 0.1.
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    embeddings : numpy.ndarray, shape (K + 1, V, d) or (3, V, d)
        The embeddings one after another; or A, C, B.
    temporal : numpy.ndarray, shape (K + 1, S, d) or (2, S, d)
        T of the same, as far as they encode sentences.
    answer, hop : numpy.ndarray, shapes (d, V) and (d, d)
        W and H of the second form of tying.
    attention : numpy.ndarray, shape (N, K, S)
        p of the last `forward`.
    """

    def __init__(self, vocab_size, embed_dim=20, hops=3, tying="adjacent", position_encoding=False, temporal_encoding=True,
                 linear=False, embeddings_initializer=None, **kwargs):
        super().__init__(vocab_size, embed_dim, temporal_encoding,
                         embeddings_initializer or initializers.RandomNormal(stddev=0.1), **kwargs)
        if tying not in ("adjacent", "layer_wise"):
            raise ValueError(f"tying must be 'adjacent' or 'layer_wise', but {tying!r} was given.")
        self.hops, self.tying, self.linear = whole("hops", hops), tying, linear
        self.position_encoding = position_encoding

    def build(self, input_shape):
        story, question = input_shape
        if len(story) != 3 or len(question) != 2 or None in story[1:]:
            raise self.mismatch("stories (N, S, J) of S sentences and questions (N, Q)", input_shape)
        v, d, start, adjacent = self.vocab_size, self.embed_dim, self.embeddings_initializer, self.tying == "adjacent"
        self.memories = self.hops + 1 if adjacent else 2                       # how many encodings of the story
        self.places = [(k, k + 1) if adjacent else (0, 1) for k in range(self.hops)]           # those of m and c
        self.add_weight("embeddings", (self.memories if adjacent else 3, v, d), start)
        if self.temporal_encoding:
            self.add_weight("temporal", (self.memories, story[1], d), start)
        if not adjacent:
            self.add_weight("answer", (d, v), start)
            if self.hops > 1:
                self.add_weight("hop", (d, d), start)

    @property
    def attention(self):
        return np.stack(self.p, axis=1)

    def forward(self, x, training=False):
        stories, questions = x                                                 # (N, S, J), (N, Q)
        adjacent, temporal = self.tying == "adjacent", self.temporal if self.temporal_encoding else None
        rows, self.told = self.story_rows(stories)
        self.story, self.question = rows.reshape(-1, rows.shape[-1]), self.rows(questions)     # (N·S, F), (N, V)
        self.M = (self.story @ self.tables(self.embeddings[:self.memories], temporal)          # (K + 1, N·S, d)     (1)
                  ).reshape(self.memories, *self.told.shape, -1)               # (K + 1, N, S, d)
        u = self.question @ self.tables(self.embeddings[0 if adjacent else 2])                 # (N, d)
        self.u, self.p = [u], []
        for k, (m, c) in enumerate(self.places):
            s = (self.M[m] @ u[..., None])[..., 0]                             # (N, S)
            p = s * self.told if self.linear else masked_softmax(s, self.told)                 # (N, S)              (3)
            o = (p[:, None] @ self.M[c])[:, 0]                                 # (N, d)              (4)
            u = (u @ self.hop if self.between(k) else u) + o                   # (N, d)              (5)
            self.u.append(u)
            self.p.append(p)
        self.z = u @ (self.embeddings[-1].T if adjacent else self.answer)      # (N, V)              (6)
        self.y = self.activation(self.z)
        return self.y

    def between(self, k):
        """Return whether hop k, counted from 0, ends in H."""
        return self.tying == "layer_wise" and k < self.hops - 1

    def backward_logits(self, dz):
        adjacent = self.tying == "adjacent"
        if adjacent:
            self.dembeddings[-1] += dz.T @ self.u[-1]                          # (V, d)
            du = dz @ self.embeddings[-1]                                      # (N, d)
        else:
            self.danswer += self.u[-1].T @ dz                                  # (d, V)
            du = dz @ self.answer.T
        dM = np.zeros_like(self.M)
        for k in reversed(range(self.hops)):
            (m, c), u, p = self.places[k], self.u[k], self.p[k]
            dM[c] += p[..., None] * du[:, None]                                # (N, S, d)           (7)
            dp = (self.M[c] @ du[..., None])[..., 0]                           # (N, S)
            ds = dp * self.told if self.linear else activations.softmax.backward(dp, None, p)  # (8)
            dM[m] += ds[..., None] * u[:, None]                                # (N, S, d)           (9)
            if self.between(k):
                self.dhop += u.T @ du
                du = du @ self.hop.T
            du = du + (ds[:, None] @ self.M[m])[:, 0]                          # (N, d)              (10)
        self.tables_backward(self.question.T @ du, self.dembeddings[0 if adjacent else 2])
        self.tables_backward(self.story.T @ dM.reshape(self.memories, -1, self.embed_dim),
                             self.dembeddings[:self.memories], self.dtemporal if self.temporal_encoding else None)
        return [None, None]                                                    # whole numbers have no derivative


class LSTMHeadMemoryNetwork(_Memories):
    r"""A memory network that asks with every word of the question, and reads the replies by an LSTM.

    Each question word q has its own :math:`u_q = B_q` and its own weights on the memories; an LSTM runs over the words:

    .. math:: p_{iq} = \mathrm{softmax}_i(m_i \cdot u_q) \quad (3) \qquad o_q = \textstyle\sum_i p_{iq} c_i \quad (4) \qquad
              h = \mathrm{LSTM}\bigl([o_1; u_1], [o_2; u_2], \dots\bigr), \quad \hat a = \mathrm{softmax}(h W) \quad (5)

    The listing of the model in a well-known example and in the source of chapter 20 (`as_printed`) differs in four points: its
    softmax runs over the words of the question instead of the memories; instead of (4), :math:`o_{qi} = p_{iq} + c_{iq}`,
    with an embedding C that is as wide as the question is long; the memories are single words without an age; and
    padding is a word like others.

    Parameters
    ----------
    vocab_size : int
        V. Inputs are stories (N, S, J), or (N, S) if the memories are single words, and questions (N, Q).
    embed_dim : int
        d.
    units : int, optional
        Of the LSTM, by default half of d.
    softmax_over : {"memories", "words"}
        The second is that of the listing.
    response : {"sum", "add"}
        (4), or that of the listing.
    temporal_encoding : bool
        Whether the age of memories counts.
    masking : bool
        Whether padding is left out.
    embeddings_initializer : str or Initializer, optional
        By default truncated normal with standard deviation 0.08.
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    A, B, C : numpy.ndarray, shapes (V, d), (V, d), and (V, d) or (V, Q)
    T_A, T_C : numpy.ndarray, shapes (S, d), and (S, d) or (S, Q)
        Vectors of ages, if these count.
    p : numpy.ndarray, shape (N, Q, S)
        Of the last `forward`.
    """

    def __init__(self, vocab_size, embed_dim=64, units=None, softmax_over="memories", response="sum",
                 temporal_encoding=True, masking=True, embeddings_initializer=None, **kwargs):
        super().__init__(vocab_size, embed_dim, temporal_encoding,
                         embeddings_initializer or initializers.TruncatedNormal(stddev=0.08), **kwargs)
        if softmax_over not in ("memories", "words") or response not in ("sum", "add"):
            raise ValueError("softmax_over must be 'memories' or 'words' and response 'sum' or 'add', but "
                             f"{softmax_over!r} and {response!r} were given.")
        self.units = whole("units", embed_dim // 2 if units is None else units)
        self.softmax_over, self.response, self.masking = softmax_over, response, masking
        self.lstm = LSTM(self.units, dtype=self.dtype)
        self.answer = Dense(vocab_size, use_bias=False, kernel_initializer=initializers.TruncatedNormal(stddev=0.01),
                            dtype=self.dtype)

    @classmethod
    def as_printed(cls, vocab_size, embed_dim=64, **kwargs):
        """Return the model of the listing, for stories (N, S) of single words with the padding in front."""
        return cls(vocab_size, embed_dim, softmax_over="words", response="add", temporal_encoding=False, masking=False,
                   **kwargs)

    def build(self, input_shape):
        story, question = input_shape
        if len(story) not in (2, 3) or len(question) != 2 or story[1] is None or question[1] is None:
            raise self.mismatch("stories (N, S, J), or (N, S) of single words, and questions (N, Q)", input_shape)
        width, start = self.embed_dim if self.response == "sum" else question[1], self.embeddings_initializer
        for name, columns in ("A", self.embed_dim), ("B", self.embed_dim), ("C", width):
            self.add_weight(name, (self.vocab_size, columns), start)
        if self.temporal_encoding:
            self.add_weight("T_A", (story[1], self.embed_dim), start)
            self.add_weight("T_C", (story[1], width), start)
        replies = self.embed_dim if self.response == "sum" else story[1]
        self.lstm.build_once((None, question[1], replies + self.embed_dim))
        self.answer.build_once((None, self.units))

    def forward(self, x, training=False):
        stories, questions = x                                                 # (N, S, J) or (N, S), (N, Q)
        rows, told = self.story_rows(stories if stories.ndim == 3 else stories[..., None], not self.masking)
        t_a, t_c = (self.T_A, self.T_C) if self.temporal_encoding else (None, None)
        self.story, self.told = rows, told[:, None]                            # (N, S, F), (N, 1, S)
        self.question = self.rows(questions[..., None], not self.masking)      # (N, Q, V)
        self.m, self.c = rows @ self.tables(self.A, t_a), rows @ self.tables(self.C, t_c)      # (N, S, d)           (1)
        self.u = self.question @ self.B                                        # (N, Q, d)
        s = self.u @ self.m.mT                                                 # (N, Q, S)
        if self.softmax_over == "memories":
            self.p = masked_softmax(s, self.told)                              # (N, Q, S)           (3)
        else:
            self.by_words = activations.softmax(s, axis=1)
            self.p = self.by_words * self.told
        o = self.p @ self.c if self.response == "sum" else self.p + self.c.mT                  # (N, Q, d)           (4)
        h = self.lstm.forward(np.concatenate([o, self.u], -1), training, questions != 0 if self.masking else None)
        self.z = self.answer.forward(h)                                        # (N, V)              (5)
        self.y = self.activation(self.z)
        return self.y

    def backward_logits(self, dz):
        dr = self.lstm.backward(self.answer.backward(dz))                      # (N, Q, d + d)
        do, du = np.split(dr, [dr.shape[-1] - self.embed_dim], axis=-1)
        dp, dc = (do @ self.c.mT, self.p.mT @ do) if self.response == "sum" else (do, do.mT)
        if self.softmax_over == "memories":
            ds = activations.softmax.backward(dp, None, self.p)                # (N, Q, S)
        else:
            ds = activations.softmax.backward(dp * self.told, None, self.by_words, axis=1)
        du = du + ds @ self.m                                                  # (N, Q, d)
        dm = ds.mT @ self.u                                                    # (N, S, d)
        dt_a, dt_c = (self.dT_A, self.dT_C) if self.temporal_encoding else (None, None)
        for rows, d, dtable, dages in (self.story, dm, self.dA, dt_a), (self.story, dc, self.dC, dt_c), \
                (self.question, du, self.dB, None):
            self.tables_backward(rows.reshape(-1, rows.shape[-1]).T @ d.reshape(-1, d.shape[-1]), dtable, dages)
        return [None, None]                                                    # whole numbers have no derivative
