"""Places are found as whole names, with the prefecture that is meant."""

from __future__ import annotations

import pytest

from ingest.language.places import PREFECTURES, Kind, municipalities, named, places


def told(text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return each place as it stands, its name, and its prefectures."""
    return [(text[one.start : one.end], one.name, one.prefectures) for one in places(text)]


@pytest.mark.parametrize(
    "text, written, name, prefectures",
    [
        ("北海道北見市では", "北海道北見市", "北見市", ("北海道",)),
        ("北海道紋別郡遠軽町の", "北海道紋別郡遠軽町", "遠軽町", ("北海道",)),
        ("三重県津市", "三重県津市", "津市", ("三重県",)),
        ("大津市", "大津市", "大津市", ("滋賀県",)),
        ("府中市は", "府中市", "府中市", ("東京都", "広島県")),
        ("札幌市中央区", "札幌市中央区", "札幌市中央区", ("北海道",)),
        ("堺市堺区", "堺市堺区", "堺市堺区", ("大阪府",)),
        ("四日市市", "四日市市", "四日市市", ("三重県",)),
        ("東村山市", "東村山市", "東村山市", ("東京都",)),
        ("市川三郷町", "市川三郷町", "市川三郷町", ("山梨県",)),
        ("茅ケ崎市", "茅ケ崎市", "茅ヶ崎市", ("神奈川県",)),
        ("鎌が谷市", "鎌が谷市", "鎌ケ谷市", ("千葉県",)),
        ("塩釜市", "塩釜市", "塩竈市", ("宮城県",)),
        ("北見市長", "北見市", "北見市", ("北海道",)),
        ("京都府", "京都府", "京都府", ("京都府",)),
        ("さぬき市と", "さぬき市", "さぬき市", ("香川県",)),
        ("in Kitami City", "Kitami City", "北見市", ("北海道",)),
    ],
)
def test_listed(text: str, written: str, name: str, prefectures: tuple[str, ...]) -> None:
    """A listed place is found whole, and all prefectures that have one of the name are kept."""
    assert [(written, name, prefectures)] == told(text)


def test_prefecture_in_brackets_tells_which_is_meant() -> None:
    """府中市（広島県） is the one in Hiroshima."""
    assert ("広島県",) == places("府中市（広島県）")[0].prefectures


@pytest.mark.parametrize("name", ["緑野市", "○○市", "A市", "桜ヶ原町"])
def test_unlisted(name: str) -> None:
    """A name that no list has is found by its look, and said to be unknown."""
    (found,) = places(f"{name}では")

    assert (name, (), False) == (found.name, found.prefectures, found.listed)


@pytest.mark.parametrize(
    "text",
    [
        "市町村と都道府県",
        "本市の",
        "各市は",
        "政令指定都市",
        "農村や港町",
        "津市場",
        "近隣市",
        "市区町村",
        "同県",
        "地区",
    ],
)
def test_no_place(text: str) -> None:
    """Words that end in 市, 町, 村, 区 or 県 and name no place are none."""
    assert () == places(text)


def test_every_municipality_is_found_by_its_own_name() -> None:
    """Each name of the list is found whole, said with its prefecture and alone."""
    for one in municipalities():
        if one.kind is Kind.PREFECTURE:
            continue
        name = one.city + one.name
        (alone,) = places(name)
        (whole,) = places(one.prefecture + name)
        assert (name, len(name)) == (alone.name, alone.end)
        assert one.prefecture in alone.prefectures
        assert (one.prefecture,) == whole.prefectures


def test_there_are_as_many_as_there_are() -> None:
    """The list has the 47 prefectures, and 792 cities, 743 towns and 183 villages."""
    kinds = [one.kind for one in municipalities()]

    assert 47 == len(PREFECTURES)
    assert [792, 743, 183] == [kinds.count(kind) for kind in (Kind.CITY, Kind.TOWN, Kind.VILLAGE)]


@pytest.mark.parametrize("name", ["北見市", "北見", "きたみ", "Kitami", "Kitami City"])
def test_named(name: str) -> None:
    """A municipality goes by its name with and without 市, in kana and in English."""
    assert ["北見市"] == [one.name for one in named(name)]
