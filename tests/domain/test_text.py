import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.text import clean, sentences


@pytest.mark.parametrize(
    ("raw", "readable"),
    [
        ("zo\u0301łc\u0301 a\u0328", "żółć ą".replace("ż", "z").replace("ą", "ą")),
        ("a\u00a0b\u2009c\u202fd\t e", "a b c d e"),
        ("nie\u200bwi\u00addo\u2060czne\ufeff", "niewidoczne"),
        ("\u202ead min\u202c", "ad min"),
        ("de\ufb01nicja e\ufb03cient", "definicja efficient"),
        ("m² ½ ①", "m² ½ ①"),
        ("  dwa\r\n\r\nwiersze \n", "dwa wiersze"),
        ("a\x00b\x07c", "abc"),
        ("przedsię-\nbiorstwo", "przedsiębiorstwo"),
        ("przedsię\ufffebiorstwo", "przedsiębiorstwo"),
        ("przedsię\ufffe\r\nbiorstwo", "przedsiębiorstwo"),
        ("przedsię\u00ad\nbiorstwo", "przedsiębiorstwo"),
        ("Bielsko-\nBiała", "Bielsko-Biała"),
        ("lata 2022-\n2027", "lata 2022-2027"),
        ("PES-\nów", "PES-ów"),
        ("wynik - \nlepszy", "wynik - lepszy"),
        ("non\u2011profit", "non-profit"),
        ("tag\U000e0041\U000e0042 ukryty", "tag ukryty"),
        ("", ""),
        (" \n\u200b ", ""),
    ],
)
def test_what_a_person_reads(raw, readable):
    assert clean(raw).text == readable


def test_a_real_compound_keeps_its_hyphen_when_the_dictionary_says_so():
    known = {"biało", "czerwony", "przedsiębiorstwo", "gospodarczy"}.__contains__
    assert clean("biało-\nczerwony", known=known).text == "biało-czerwony"
    assert clean("społeczno-\ngospodarczy", known=known).text == "społeczno-gospodarczy"
    assert clean("przedsię-\nbiorstwo", known=known).text == "przedsiębiorstwo"
    assert clean("PRZEDSIĘ-\nBIORSTWO", known=known).text == "PRZEDSIĘBIORSTWO"
    assert clean("biało-\nczerwony").text == "białoczerwony"


@pytest.mark.parametrize(
    ("raw", "readable"),
    [
        ("**Klaster** to *sieć* i __grupa__ oraz ***obie***", "Klaster to sieć i grupa oraz obie"),
        ("nazwa_pliku_x i 2 * 3 * 4", "nazwa_pliku_x i 2 * 3 * 4"),
        ("kwota* i *w tym VAT", "kwota* i *w tym VAT"),
        ('[ISAP](https://isap.sejm.gov.pl/x_(y) "tytuł") tak', "ISAP tak"),
        ("![wykres](a.png) i [**gruby** link](x)", "wykres i gruby link"),
        ("[S] i [O][W] zostają, przypis[^1] nie", "[S] i [O][W] zostają, przypis nie"),
        ("`kod *x*` oraz ``a`b``", "kod *x* oraz a`b"),
        (r"\*gwiazdka\* \[nawias\] C:\dir", "*gwiazdka* [nawias] C:\\dir"),
        ("a<br>b <b>c</b><!-- nie -->d <https://x.pl> <jan@x.pl>", "a b cd https://x.pl jan@x.pl"),
        ("<nazwa podmiotu> oraz 3 < 5 > 2", "<nazwa podmiotu> oraz 3 < 5 > 2"),
        ("A&nbsp;B &amp; C &nieznane; R&D", "A B & C &nieznane; R&D"),
        ("cytat\n> dalszy\n>> głębszy", "cytat dalszy głębszy"),
        ("koniec\\\nwiersza ~~stare~~", "koniec wiersza stare"),
        ("**Uwaga:** tekst **niedomknięty", "Uwaga: tekst **niedomknięty"),
    ],
)
def test_markdown_marks_go_and_words_stay(raw, readable):
    assert clean(raw, markup=True).text == readable


def test_without_markup_marks_are_words():
    assert clean("**a** [b](c)").text == "**a** [b](c)"


RAW = st.text(
    st.one_of(
        st.sampled_from(list("ab -ZŻ.*_`[]()<>!\\&;\n\r\t~\u00a0\u00ad\ufffe\u200b\ufb01\u0301\u0328\u2011\U000e0041")),
        st.characters(),
    ),
    max_size=60,
)


@given(RAW, st.booleans())
def test_every_readable_character_points_at_its_raw_place(raw, markup):
    cleaned = clean(raw, markup)
    text, offsets, ends = cleaned.text, list(cleaned.offsets), list(cleaned.ends)
    assert len(offsets) == len(text) + 1
    assert len(ends) == len(text)
    assert offsets == sorted(offsets)
    assert ends == sorted(ends)
    assert all(0 <= start < end <= len(raw) for start, end in zip(offsets, ends, strict=False))
    assert offsets[-1] == (ends[-1] if ends else 0)
    assert text == text.strip()
    assert "  " not in text
    for char, start, end in zip(text, offsets, ends, strict=False):
        assert char in raw[start:end] or len(raw[start:end]) > 1 or char != raw[start], (char, raw[start:end])


@given(RAW)
def test_cleaning_twice_changes_nothing(raw):
    once = clean(raw).text
    assert clean(once).text == once


@given(st.text(st.sampled_from("aąź \u0301\u0328\n\u00a0bó"), max_size=40))
def test_words_found_in_clean_text_are_cleaned_again_from_their_raw_span(raw):
    cleaned = clean(raw)
    place = 0
    for word in cleaned.text.split():
        start = cleaned.text.index(word, place)
        place = start + len(word)
        begin, end = cleaned.raw_span(start, place)
        assert clean(raw[begin:end]).text == word
    assert unicodedata.is_normalized("NFC", cleaned.text)


@pytest.mark.parametrize(
    "raw",
    [
        "a" * 1_000_000,
        "a" + "\u0301\u0328" * 300_000,
        "*_" * 300_000,
        "[" * 500_000,
        "](" * 300_000,
        "[a](" * 200_000 + ")" * 200_000,
        "`" * 300_000 + "a" + "`" * 299_999,
        "` `` ``` " * 60_000,
        "<!--" * 200_000,
        "<a " * 300_000,
        "- \n" * 300_000,
        "\u00ad " * 300_000,
        "&" * 500_000,
        "\\" * 500_000,
        '](a "' * 100_000 + "](a '" * 100_000,
        "\n>" * 300_000,
    ],
    ids=range(16),
)
def test_cleaning_hostile_text_takes_linear_time(raw):
    began = time.process_time()
    clean(raw, markup=True)
    assert time.process_time() - began < 8


@pytest.mark.parametrize(
    "text",
    [
        "To jest zdanie.| To drugie.",
        "Czy to prawda?| Tak!| Nie wiem…| Zobaczymy.",
        "Zgodnie z art. 94 ust. 1 pkt 2 lit. a ustawy (Dz.U. 2024 poz. 1320) zamawiający może.| Koniec.",
        "Zgodnie z art. Nowego Prawa.| Dalej.",
        "Dz. U. z 2022 r. poz. 1812.| Ustawa obowiązuje.",
        "Sieci, klastry, fundacje itd.| Następnie wybierz.",
        "Sieci, klastry itd. oraz inne.",
        "Klaster powstał w 2014 r.| Następnie się rozwinął.",
        "Klaster powstał w 2014 r. w Gdańsku.",
        "Ustawa z dnia 11 września 2019 r. Prawo zamówień publicznych obowiązuje.| Tak.",
        "Napisał to dr Jan Nowak i prof. Anna Lis, ul. Długa 5, tel. 58 123.| Koniec.",
        "Umowę podpisał J. Kowalski oraz A. B. Nowak.| Umowa trwa.",
        "Odbyła się 13. edycja konkursu 5.08.2022 r. w Sopocie.| Było miło.",
        "Podczas 13. Kongresu mówiono o PES.| Było gwarno.",
        "1. Wybierz cel.| 2. Zapisz go.",
        "Krok 1. Zdefiniuj problem.| Krok 2. Zbadaj potrzeby.",
        "Art. 94. 1. Zamawiający może zastrzec.| 2. Przepis stosuje się.",
        "§ 5. Umowa wygasa.| Koniec.",
        "IV. Cele strategiczne są trzy.| Pierwszy to wpływ.",
        "Powiedział: „Pomagamy ludziom. Robimy to od lat.”| Potem wyszedł.",
        "Powiedział „Czy to możliwe?” i wyszedł.| Koniec.",
        "Hasło »Razem. Zawsze.« jest znane.| Tak.",
        "Zdanie (por. art. 5. Tak mówi ustawa) trwa.| Drugie.",
        "Zdanie.| (Dygresja w nawiasie.)| Dalej.",
        "Koszt to 5 tys. zł.| Kwota jest stała.",
        "Koszt to 5 tys. PLN rocznie.| Tyle.",
        "Wsparcie wynosi 30 tys.| Następnie rośnie.",
        "Naprawdę?!| Tak.",
        "Warunek pierwszy; warunek drugi; Trzeci też.",
        "Np. Fundacja RC, m.in. Oddział w Gdańsku, tzw. Model.",
        "W 2022 r. Sejm uchwalił ustawę.| Obowiązuje.",
        "Prowadzimy sp. z o.o.| Działa od roku.",
        "Use a canvas, e.g. Lean Canvas, i.e. One page, etc.| Then test it.",
        "Mr. Smith vs. Dr. Jones, No. 5.| The end.",
        "Is it allowed?| No.| We cannot do it.",
        "Zasada 2: Działaj.| Wynik był 3,5 pkt.",
        "W XIX w. Polska nie istniała.|",
        "Ogólnie wariant B.| Następnie wariant C.",
        "Szkoła im. Jana Pawła II przy al. Grunwaldzkiej, os. Przymorze.| Tak.",
        "Spotkanie o godz. 10.| Zapraszamy.",
        "Trwa 30 min.| Potem przerwa.",
        "Stosuje się zasady ustawowe.12| Zamawiający wybiera.",
        "Wzór dostępny na www.ekonomiaspoleczna.gov.pl.| Pobierz go.",
        "Ochrona zgodnie z k.p.a.| Zamawiający odpowiada.",
    ],
)
def test_where_sentences_end(text):
    expected = [part.strip() for part in text.split("|") if part.strip()]
    plain = text.replace("|", "")
    assert [plain[start:end] for start, end in sentences(plain)] == expected


@given(st.text(st.sampled_from(list('aB1 .!?…„”()«»"itdr –;')) | st.characters(), max_size=80))
def test_sentences_are_ordered_and_cover_every_visible_character(text):
    spans = sentences(text)
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(text)
        assert not text[last:start].strip()
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        last = end
    assert not text[last:].strip()


@pytest.mark.parametrize(
    "text", ["(" * 300_000, ". " * 300_000, "„a. B” " * 100_000, "1." * 300_000, "a" * 1_000_000 + ". B"]
)
def test_splitting_hostile_text_takes_linear_time(text):
    began = time.process_time()
    sentences(text)
    assert time.process_time() - began < 8
