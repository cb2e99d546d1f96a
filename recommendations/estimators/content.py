"""Content: products alike in words, category and brand: for what nobody touched yet, and for what the model never saw.

TF-IDF over hashed words and parts of words, so that no vocabulary is stored; near ones are looked up by their rarest
words. Memory is bounded at a million products.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer

from recommendations.estimators.facing import Arrays, Candidates, Context, TrainingData, best, nothing
from recommendations.estimators.item_knn import heaviest_of_rows, unit_rows
from recommendations.estimators.neighbors import Neighbors, nearest, products_of, without_cause
from recommendations.estimators.wording import tokens_of

WORD_PLACES = 1 << 18
PART = 4  # characters of a part of a word
LEAST_WORD = 6  # of fewer characters only the word itself counts
PART_WEIGHT = 0.15
CHUNK = 20_000  # products vectorized at once


class Content:
    """Learns the `top_k` most alike of each product of the catalog, and the words of all for those it never saw.

    A product is looked up by its `most_words` weightiest words; a word of more than `most_per_word` products stands for
    those in which it weighs most. `parts_up_to`: in catalogs up to this size parts of words count as well, so that
    compounds and plurals meet.
    """

    name: ClassVar[str] = "content"
    neighbors_: Neighbors
    postings_: Neighbors  # row = word, columns = products
    rarity_: NDArray[np.float32]

    def __init__(
        self,
        *,
        top_k: int = 50,
        most_words: int = 24,
        most_per_word: int = 1_000,
        parts_up_to: int = 200_000,
        most_seeds: int = 60,
    ) -> None:
        self.top_k = top_k
        self.most_words = most_words
        self.most_per_word = most_per_word
        self.parts_up_to = parts_up_to
        self.most_seeds = most_seeds

    def fit(self, data: TrainingData, now_us: int) -> Self:
        """Learns `neighbors_`, `postings_` and `rarity_` from the articles."""
        n = len(data.interactions.products)
        self.has_parts_ = len(data.articles) <= self.parts_up_to
        counts = _stacked(
            self._counts([tokens_of(one.text, one.category) if one else [] for one in data.articles[at : at + CHUNK]])
            for at in range(0, len(data.articles), CHUNK)
        )
        self.rarity_ = _rarity(counts)
        vectors = _pruned(self._weighted(counts), self.most_words)
        by_word = heaviest_of_rows(vectors.T.tocsr(), self.most_per_word)
        self.postings_ = Neighbors.of(by_word)
        self.neighbors_ = Neighbors.from_pairs(nearest(products_of(vectors, by_word), self.top_k), n)
        return self

    def _counts(self, tokens: Sequence[Sequence[str]]) -> sp.csr_matrix:
        """texts × places: how often each word stands in each text."""
        words = _hashing().transform(tokens)
        if self.has_parts_:
            words = words + PART_WEIGHT * _hashing().transform([list(_parts(text)) for text in tokens])
        return words.tocsr()

    def _weighted(self, counts: sp.csr_matrix) -> sp.csr_matrix:
        weighted = counts.copy()
        weighted.data = np.log1p(weighted.data).astype(np.float32) * self.rarity_[weighted.indices]
        return unit_rows(weighted)

    def recommend(self, context: Context, n: int) -> Candidates:
        """What is alike to the product in front; to its text where the model never saw it; else to the cart, to the
        present visit (later products count more), or to the person's history."""
        if context.product is None and context.product_text:
            return best(self.alike(context.product_text, context.category), n)
        seeds, weights = self._seeds(context)
        if not len(seeds):
            return nothing()
        return best(self.neighbors_.fold(seeds, weights), n)

    def _seeds(self, context: Context) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        if context.product is not None:
            return np.array([context.product], dtype=np.int64), np.ones(1)
        if context.cart:
            codes = list(dict.fromkeys(context.cart))
            return np.array(codes, dtype=np.int64), np.ones(len(codes))
        if context.session:
            latest = list(dict.fromkeys(one.code for one in reversed(context.session)))[: self.most_seeds]
            return np.array(latest, dtype=np.int64), 1.0 / np.arange(1, len(latest) + 1)
        history = context.history[: self.most_seeds]
        return np.array([one.code for one in history], np.int64), np.array([one.weight for one in history], np.float64)

    def alike(self, text: str, category: str = "") -> Candidates:
        """All products that share weighty words with a text, because of nothing in particular."""
        vector = _pruned(self._weighted(self._counts([tokens_of(text, category)])), self.most_words)
        return without_cause(self.postings_.fold(vector.indices.astype(np.int64), vector.data.astype(np.float64)))

    def arrays(self) -> Arrays:
        """Neighbors of products, products of words, and how rare each word is."""
        return {
            **self.neighbors_.arrays("near_"),
            **self.postings_.arrays("word_"),
            "rarity": self.rarity_,
            "has_parts": np.array([self.has_parts_], dtype=np.int8),
        }

    @classmethod
    def restore(cls, params: Mapping[str, Any], arrays: Arrays) -> Self:
        """From `params()` and `arrays()`."""
        fitted = cls(**params)
        fitted.neighbors_ = Neighbors.restore(arrays, "near_")
        fitted.postings_ = Neighbors.restore(arrays, "word_")
        fitted.rarity_ = np.asarray(arrays["rarity"])
        fitted.has_parts_ = bool(arrays["has_parts"][0])
        return fitted

    def params(self) -> dict[str, Any]:
        """The parameters of `__init__`."""
        return {name: value for name, value in vars(self).items() if not name.endswith("_")}


def _hashing() -> HashingVectorizer:
    return HashingVectorizer(
        n_features=WORD_PLACES, analyzer=_as_they_are, alternate_sign=False, norm=None, dtype=np.float32
    )


def _as_they_are(tokens: list[str]) -> list[str]:
    return tokens


def _parts(tokens: Sequence[str]) -> Iterator[str]:
    """Runs of PART characters of longer words, marked as such."""
    for token in dict.fromkeys(tokens):
        if len(token) >= LEAST_WORD and "=" not in token:
            edged = f"<{token}>"
            yield from (f"~{edged[at : at + PART]}" for at in range(len(edged) - PART + 1))


def _stacked(chunks: Iterator[sp.csr_matrix]) -> sp.csr_matrix:
    found = list(chunks)
    return sp.vstack(found).tocsr() if found else sp.csr_matrix((0, WORD_PLACES), dtype=np.float32)


def _rarity(counts: sp.csr_matrix) -> NDArray[np.float32]:
    """Smoothed inverse document frequency, as scikit-learn's; words of no product are as rare as can be."""
    frequency = np.bincount(counts.indices, minlength=WORD_PLACES)
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + frequency)) + 1, dtype=np.float32)


def _pruned(vectors: sp.csr_matrix, most_words: int) -> sp.csr_matrix:
    return heaviest_of_rows(vectors, most_words)
