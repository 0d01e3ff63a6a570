import pytest

from knowledge_base import ArticleError, Renderer, Variables, load_article
from tests.knowledge_base.samples import WriteArticle


@pytest.mark.parametrize(
    ("template", "language", "country", "expected"),
    [
        ("{{ shipping.free_from | money }}", "de", "DE", "60\xa0€"),
        ("{{ shipping.fee | money }}", "de", "DE", "4,90\xa0€"),
        ("{{ shipping.free_from | money }}", "en", "US", "$60"),
        ("{{ shipping.fee | money }}", "en", "US", "$4.90"),
        ("{{ shipping.free_from | money }}", "zh", "DE", "€60"),
        ("{{ 1250 | money }}", "en", "US", "$1,250"),
        ("{{ 0 | money }}", "fr", "FR", "0\xa0€"),
        ("{{ payment.methods | listing }}", "en", "US", "Visa, Mastercard, and PayPal"),
        ("{{ payment.methods | listing }}", "es", "ES", "Visa, Mastercard y PayPal"),
        ("{{ payment.methods | listing }}", "zh", "CN", "Visa、Mastercard和PayPal"),
        ("{{ support.opens | time }}", "en", "US", "8:00\u202fAM"),
        ("{{ support.closes | time }}", "de", "DE", "20:30"),
        ("{{ support.languages | languages }}", "de", "DE", "Englisch, Deutsch und Chinesisch"),
        ("{{ country }} {{ country_code }} {{ region }}", "fr", "DE", "Allemagne DE EU"),
        ("{{ country }}", "zh", "US", "美国"),
        ("{% if returns.free %}free{% else %}not free{% endif %}", "en", "US", "not free"),
        ("{% set n = returns.window_days %}{{ n * 2 }}", "en", "US", "60"),
    ],
)
def test_figures_are_formatted_for_the_customer(
    write_article: WriteArticle,
    variables: Variables,
    template: str,
    language: str,
    country: str,
    expected: str,
) -> None:
    article = load_article(write_article(language=language, answer=template))

    assert Renderer(variables).answer(article, country) == expected


def test_title_and_answer_are_one_line_and_the_body_keeps_its_lines(
    write_article: WriteArticle, variables: Variables
) -> None:
    body = "One.\n\n{% if returns.free %}\n## Free\n{% endif %}\n\nTwo."
    article = load_article(write_article(answer="A\n{% if returns.free %}\n  B\n{% endif %}\nC", body=body))

    rendered = Renderer(variables).render(article, "DE")

    assert rendered.answer == "A B C"
    assert rendered.body == "One.\n\n## Free\n\nTwo."


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Free.{% if returns.free %}\nReally.{% endif %}\nYes.", "Free.\nReally.\nYes."),
        ("{% if returns.free %}A{% else %}B{% endif %}\n## C", "A\n## C"),
        ("- a\n{% if returns.free %}\n- b\n  {% else %}\n- c\n{% endif %}\n- d", "- a\n- b\n- d"),
        (
            "- a\n{% if returns.free %}{% if region == 'EU' %}\n- b\n{% endif %}{% endif %}\n- d",
            "- a\n- b\n- d",
        ),
        ("a {% if returns.free -%}\n b {%- endif %} c", "a b c"),
    ],
)
def test_only_tags_alone_on_a_line_take_it_away(
    write_article: WriteArticle, variables: Variables, template: str, expected: str
) -> None:
    assert Renderer(variables).body(load_article(write_article(body=template)), "DE") == expected


def test_lines_of_chinese_are_joined_without_a_space(write_article: WriteArticle, variables: Variables) -> None:
    answer = "三十天内\n可以退货。{% if returns.free %}\n运费全免，\nOK。{% endif %}"
    article = load_article(write_article(language="zh", answer=answer))

    assert Renderer(variables).answer(article, "DE") == "三十天内可以退货。运费全免， OK。"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("{{ returns.window_dayz }}", "window_dayz"),
        ("{{ nonsense }}", "nonsense"),
        ("{{ nonsense.days }}", "nonsense"),
        ("{{ returns | money }}", "'money' formats an amount"),
        ("{{ support.opens | money }}", "'money' formats an amount"),
        ("{{ support.opens | listing }}", "'listing' formats a list"),
        ("{{ returns.window_days | time }}", "'time' formats a time of day"),
        ("{{ ['xx-none'] | languages }}", "no language has the code 'xx-none'"),
        ("{{ ''.__class__.__mro__ }}", "__class__"),
        ("{{ 1 / 0 }}", "division by zero"),
    ],
)
def test_what_goes_wrong_names_file_and_line(
    write_article: WriteArticle, variables: Variables, expression: str, message: str
) -> None:
    in_answer = load_article(write_article("one", answer=f"Well,\nit is {expression}."))
    in_body = load_article(write_article("two", body=f"## A\n\nWell, it is\n{expression}."))
    renderer = Renderer(variables)

    with pytest.raises(ArticleError, match=message) as caught:
        renderer.answer(in_answer, "DE")
    assert (caught.value.path, caught.value.line) == (in_answer.path, 7)

    with pytest.raises(ArticleError, match=message) as caught:
        renderer.body(in_body, "DE")
    assert (caught.value.path, caught.value.line) == (in_body.path, 13)


def test_unknown_variables_are_found_in_every_branch(write_article: WriteArticle, variables: Variables) -> None:
    body = "{% if region == 'US' %}\n{{ returns.nothing.at_all }}\n{{ nowhere.else }}{{ region }}\n{% endif %}"
    article = load_article(write_article(body=body))

    found = [
        (error.line - article.lines["body"], error.message)
        for error in Renderer(variables).unknown_variables(article, "DE")
    ]

    assert sorted(found) == [(1, "unknown variable 'returns.nothing'"), (2, "unknown variable 'nowhere'")]


def test_a_folder_that_is_no_language(write_article: WriteArticle, variables: Variables) -> None:
    article = load_article(write_article(language="klingon"))

    with pytest.raises(ArticleError, match="'klingon' is not the code of a language"):
        Renderer(variables).render(article, "DE")


def test_templates_are_compiled_once(
    write_article: WriteArticle, variables: Variables, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = load_article(write_article())
    renderer = Renderer(variables)
    first = renderer.answer(article, "DE")
    monkeypatch.delattr(Renderer, "_compile")

    assert renderer.answer(article, "DE") == first == renderer.answer(article, "US")
