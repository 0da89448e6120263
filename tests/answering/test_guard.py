"""Personal identifiers are masked by their checksums; amounts, journals and years are left alone."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.pl import nip, pesel, regon

from assistant.answering.guard import has_words, mask, tidy


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Mój PESEL 44051401359, czy dostanę dotację?", ("PESEL",)),
        ("PESEL: 440514 01359", ("PESEL",)),
        ("NIP 526-10-40-828", ("NIP",)),
        ("NIP PL5261040828", ("NIP",)),
        ("REGON 012100784", ("REGON",)),
        ("PL61 1090 1014 0000 0712 1981 2874", ("IBAN",)),
        ("konto 61109010140000071219812874", ("IBAN",)),
        ("pisz na jan.kowalski@x.pl", ("E-MAIL",)),
        ("tel. 601 234 567", ("TELEFON",)),
        ("+48 58 326 24 00", ("TELEFON",)),
        ("Próg wynosi 170 000 zł netto", ()),
        ("750 000 euro i 5 404 000 euro", ()),
        ("Dz.U. 2024 poz. 1320, art. 214 ust. 1 pkt 11–14", ()),
        ("ustawa z 5.08.2022 r., lata 2014 2020 2021", ()),
        ("od 1 234 567 890 zł", ()),
        ("PESEL 44051401358 ma złą sumę kontrolną", ()),
    ],
)
def test_identifiers_are_known_by_kind(text: str, kinds: tuple[str, ...]) -> None:
    assert mask(text).kinds == kinds


def made(kind: str, dice: random.Random) -> str:
    """A made-up identifier with a right checksum."""
    if kind == "PESEL":
        birth = (
            f"{dice.randrange(100):02}{dice.randrange(1, 13):02}{dice.randrange(1, 29):02}{dice.randrange(10**4):04}"
        )
        return birth + pesel.calc_check_digit(birth)
    if kind == "NIP":
        while True:
            body = str(dice.randrange(10**8, 10**9))
            if nip.is_valid(body + str(nip.checksum(body + "0") % 11)):
                return body + str(nip.checksum(body + "0") % 11)
    body = str(dice.randrange(10**7, 10**8))
    return body + regon.calc_check_digit(body)


@pytest.mark.parametrize("kind", ["PESEL", "NIP", "REGON"])
def test_made_up_identifiers_never_stay_in_clear(kind: str) -> None:
    dice = random.Random(kind)
    for _ in range(300):
        number = made(kind, dice)
        assert number not in mask(f"Proszę sprawdzić {number} w rejestrze.").text


@given(st.text(max_size=300))
def test_masking_takes_any_text_and_is_done_after_once(text: str) -> None:
    once = mask(tidy(text)).text
    assert mask(once).text == once


@pytest.mark.parametrize("text", ["", " ", "?", "a", "🙂🙂", "…!?", "\u200b\u200b", "ż"])
def test_nothing_to_look_up(text: str) -> None:
    assert not has_words(tidy(text))


def test_tidy_removes_what_cannot_be_seen() -> None:
    assert tidy("Co\u0000 to\u200b jest\n\tkla\u00adster\u202e?\x1b[31m") == "Co to jest klaster?"
