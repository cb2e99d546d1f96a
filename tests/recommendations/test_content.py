"""Content: alike by words, category and brand, also for what nobody touched and what the model never saw."""

import pytest

from recommendations.estimators import Content
from recommendations.estimators.facing import NO_CAUSE, Context, Touched
from recommendations.estimators.wording import plain, text_of, tokens_of
from tests.recommendations.rows import data_of, history, restored, same

TEXTS = (
    "Green tea from Japan",
    "Green tea from China, tin",
    "Steel garden spade",
    "Garden rake of steel",
    "Wool blanket",
)
SHOP = data_of(items=5, texts=TEXTS)


def in_front(code: int) -> Context:
    return Context(now_us=0, product=code)


def test_products_are_alike_by_their_words_and_because_of_the_one_in_front() -> None:
    fitted = Content().fit(SHOP, 0)
    assert fitted.recommend(in_front(0), 5).codes.tolist() == [1]
    assert fitted.recommend(in_front(0), 5).causes.tolist() == [0]
    assert fitted.recommend(in_front(2), 5).codes.tolist() == [3]
    assert len(fitted.recommend(in_front(4), 5)) == 0


def test_equal_texts_are_wholly_alike_and_rare_words_say_more_than_common_ones() -> None:
    texts = ["red mug", "red mug", "red bowl", "red lamp", "blue mug"]
    found = Content(parts_up_to=0).fit(data_of(items=5, texts=texts), 0).recommend(in_front(0), 5)
    assert found.codes.tolist() == [1, 4, 2, 3]
    assert found.scores[0] == pytest.approx(1.0)
    assert found.scores[2] == pytest.approx(found.scores[3])


def test_category_and_brand_count_more_than_a_word() -> None:
    texts = [
        text_of("Classic one", category="Tea", brand="Acme"),
        text_of("Other two", category="Tea", brand="Acme"),
        text_of("Classic three", category="Spades", brand="Bolt"),
        text_of("Fourth", category="Rakes", brand="Core"),
    ]
    assert Content().fit(data_of(texts=texts), 0).recommend(in_front(0), 5).codes.tolist() == [1, 2]
    unmarked = ["classic one tea", "other two tea", "classic three spades", "fourth rakes"]
    found = Content(parts_up_to=0).fit(data_of(texts=unmarked), 0).recommend(in_front(0), 5)
    assert found.scores[0] == pytest.approx(found.scores[1]), "negative control: without marks both words are worth one"


def test_the_articles_category_counts_without_being_in_its_text() -> None:
    categories, texts = ["tea", "tea", "spades", ""], ["one", "two", "three", "four"]
    fitted = Content().fit(data_of(categories=categories, texts=texts), 0)
    assert fitted.recommend(in_front(0), 5).codes.tolist() == [1]
    assert len(fitted.recommend(in_front(3), 5)) == 0


def test_parts_of_long_words_meet_and_only_by_them() -> None:
    texts = ["Gartenschaufel", "Gartenschere", "Decke"]
    data = data_of(items=3, texts=texts)
    assert Content().fit(data, 0).recommend(in_front(0), 5).codes.tolist() == [1]
    assert len(Content(parts_up_to=0).fit(data, 0).recommend(in_front(0), 5)) == 0


def test_a_product_nobody_touched_is_recommended_to_whoever_likes_its_like() -> None:
    data = data_of((0, 0, 1.0), items=5, texts=TEXTS)
    found = Content().fit(data, 0).recommend(history((0, 1.0)), 5)
    assert (found.codes.tolist(), found.causes.tolist()) == ([1], [0])


def test_a_product_the_model_never_saw_is_answered_by_its_text() -> None:
    fitted = Content().fit(SHOP, 0)
    found = fitted.recommend(Context(now_us=0, product_text="Black TEA, tin"), 5)
    assert found.codes.tolist() == [1, 0]
    assert found.causes.tolist() == [NO_CAUSE, NO_CAUSE]
    assert len(fitted.recommend(Context(now_us=0, product_text="zzz 999"), 5)) == 0
    assert fitted.recommend(Context(now_us=0, product=2, product_text="tea"), 5).codes.tolist() == [3]


def test_its_category_helps_a_product_the_model_never_saw() -> None:
    fitted = Content().fit(data_of(items=2, categories=["tea", "spades"], texts=["one", "two"]), 0)
    asked = Context(now_us=0, product_text="brand new", category="spades")
    assert fitted.recommend(asked, 5).codes.tolist() == [1]


def test_the_nearest_to_the_answer_decides_what_is_alike_to() -> None:
    fitted = Content().fit(SHOP, 0)
    tea, spade = Touched(0, 1.0, 0, 0), Touched(2, 1.0, 0, 0)
    everything = {"history": (tea,), "session": (spade,), "cart": (1,)}
    assert fitted.recommend(Context(now_us=0, product=3, **everything), 5).codes.tolist() == [2]  # type: ignore[arg-type]
    assert fitted.recommend(Context(now_us=0, **everything), 5).codes.tolist() == [0]  # type: ignore[arg-type]
    assert fitted.recommend(Context(now_us=0, history=(tea,), session=(spade,)), 5).codes.tolist() == [3]
    assert fitted.recommend(Context(now_us=0, session=(tea, spade)), 5).codes.tolist()[0] == 3
    assert len(fitted.recommend(Context(now_us=0), 5)) == 0


def test_what_the_catalog_has_not_is_alike_to_nothing() -> None:
    fitted = Content().fit(data_of(items=3, texts=["green tea", None, "green tea"]), 0)
    assert fitted.recommend(in_front(0), 5).codes.tolist() == [2]
    assert len(fitted.recommend(in_front(1), 5)) == 0


def test_a_word_of_too_many_products_leads_to_only_some_of_them() -> None:
    texts = ["mug"] * 30
    fitted = Content(most_per_word=5).fit(data_of(items=30, texts=texts), 0)
    assert fitted.recommend(in_front(29), 50).codes.tolist() == [0, 1, 2, 3, 4]


def test_only_so_many_neighbors_are_kept() -> None:
    fitted = Content(top_k=3).fit(data_of(items=30, texts=["mug"] * 30), 0)
    assert len(fitted.recommend(in_front(29), 50)) == 3


def test_a_restored_one_answers_alike_and_learning_twice_gives_the_same() -> None:
    fitted, second = Content().fit(SHOP, 0), Content().fit(SHOP, 0)
    again = restored(fitted)
    for asked in (in_front(0), Context(now_us=0, product_text="steel tea"), history((2, 1.0), (0, 0.5))):
        assert len(fitted.recommend(asked, 5))
        assert same(fitted.recommend(asked, 5), again.recommend(asked, 5))
        assert same(fitted.recommend(asked, 5), second.recommend(asked, 5))
    assert again.params() == fitted.params()


@pytest.mark.parametrize("texts", [[], [""], ["tea"], [None]])
def test_an_empty_catalog_and_one_product_give_nothing(texts: list[str | None]) -> None:
    fitted = Content().fit(data_of(items=len(texts), texts=texts), 0)
    for one in (fitted, restored(fitted)):
        assert len(one.recommend(Context(now_us=0, product_text="mug"), 5)) == 0
        assert not texts or len(one.recommend(in_front(0), 5)) == 0


def test_without_a_catalog_touched_products_are_alike_to_nothing() -> None:
    fitted = Content().fit(data_of((0, 0, 1.0), (0, 1, 1.0)), 0)
    assert len(fitted.recommend(history((0, 1.0)), 5)) == 0


def test_words_are_plain_and_marks_are_kept_whole() -> None:
    assert plain("Crème BRÛLÉE") == "creme brulee"
    text = text_of("Teekanne", category="Küche & Tisch", brand="Öko-Haus", attributes=["blau"])
    assert text == "Teekanne category=kuche_tisch brand=oko_haus Küche & Tisch Öko-Haus blau"
    assert tokens_of("Tee brand=oko_haus") == ["tee", "brand=oko_haus", "brand=oko_haus", "brand=oko_haus"]
    assert tokens_of("Tee", category="Tee") == ["tee", "category=tee", "category=tee", "category=tee"]
    assert tokens_of(text_of("", category="")) == []
