"""Which language a text is in, offline: English, Vietnamese, Arabic, another one, or undetermined.

``eldc`` (n-grams, 60 languages) answers first, unrestricted. Two facts about our languages then correct it on
short posts: Vietnamese has letters no other language uses, and without them its syllables still are few and
peculiar; text in Arabic letters without the Persian or Urdu ones is Arabic, whatever the dialect.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import regex

from monitor.records import LANGUAGES, UNDETERMINED
from monitor.text import clean, mask, words

_TOKENS = re.compile(r"@user|\bhttp\b|#")
_ARABIC = regex.compile(r"\p{Arabic}")
_LETTER = regex.compile(r"\p{L}")
_LATIN = regex.compile(r"\p{Latin}")
# Letters and letter-with-tone pairs that (in practice) only Vietnamese writes.
_VIETNAMESE = regex.compile(r"[ơƣưđĂăƠƯĐ\u1ea0-\u1ef9]")
# Letters of Persian, Urdu, Pashto, Sindhi, Kurdish and Uyghur that Arabic does not use.
_NOT_ARABIC = regex.compile(r"[پچژگکیہھےٹڈڑںۆێڕڵەۇۈۋېڭډړټځڅښږڼ]")
_SYLLABLE = regex.compile(
    r"(?:ngh|nh|ng|gh|gi|kh|ph|qu|th|tr|ch|[bcdghklmnprstvx])?"
    r"(?:uye|uya|uyu|oai|oay|oeo|uoi|uou|ieu|yeu|uay|ua|ue|uy|uo|oa|oe|oo|ie|ye|ia|ai|ao|au|ay|eo|eu|iu|oi|ui|uu"
    r"|[aeiouy])"
    r"(?:ng|nh|ch|[cmnpt])?"
)


class _Kinds(dict[int, str]):
    """What a character counts as, found once per character: counting letters by pattern takes ten times as long.

    ``v`` a letter of Vietnamese alone, ``l`` another Latin one, ``f`` an Arabic letter that Arabic does not use, ``a``
    another one, ``o`` a letter of another script; nothing for what is no letter.
    """

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kind = ""
        if _LATIN.match(char):
            kind = "v" if _VIETNAMESE.match(char) else "l"
        elif _ARABIC.match(char):
            kind = "f" if _NOT_ARABIC.match(char) else "a"
        elif _LETTER.match(char):
            kind = "o"
        self[code] = kind
        return kind


_KINDS = _Kinds()


def _set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_COMMON_VI = _set(
    "khong ko hok kg dc duoc dk vs cx ntn mik mk ck vk bt ae ib cua nguoi nhung cac nay voi trong thi roi nhu minh "
    "toi chung cung qua den khi neu nhieu biet chua tren sao gi vay dau day dang hay nhe nha oi cai thang viet nam "
    "tien hom ngay gio phai moi nhat tin lai troi nuoc mua ban nghin trieu dong khach hang tai khoan la ma cho chi "
    "con dung di anh em lam thay noi tu nhan may gia va dan chu goi su bao ca nguyen thoi da ong tran ba ve vao nao "
    "quy nap thanh bo dai van doi ai nghe cong bi mat hieu thu hoi duoi mai het luon vi tri dep quan xin ta luc "
    "thuong toan vo vui dien xem cuoi tao chui tinh mang nua hoc thong bac hai thuc phuc cap hon trung nen tiet cam "
    "chuyen khac yeu cuoc nghi cau danh song nhin muon mot vu loi chuc cao choi dat sau nho gui tam hoa dinh chet "
    "phan ngu truong tui tay tuong giao bat ung phat duong giong pham vl dam thich bai toc hoac thuyet quoc chinh "
    "soan cach diem ngoai truoc sang sinh theo trang khuyen phong chan hien vang luong kho nhau gioi truy phut tat "
    "trai ben hinh huy tung trinh hanh huong ghe thoai nhanh xe khoe kinh benh mac tuc vua chay kieu rieng tiep "
    "tuan phuong cham xac kiem duc thien viec mong xong sai gian nhac dieu tan giai mien si buon phim quyen chao "
    "giau nhap nghiep ngan lau tim thue doan khau lanh ket chiu thai tieng tuoi thuy giam tac tuyen thieu mieng "
    "quen mon thuoc gan cang boc nhiem tra tieu ghi khoi truyen chuong banh xuat chieu ranh hiep trien quyet doanh "
    "khoc thac viettel kich tb otp gd qc hoat cskh bhxh zalo dich tong the long lien"
)
_COMMON_EN = _set(
    "the to and of in is you that it for on are with this be have not at i he she they we was my your me do can but so "
    "what all if just out up get like no when who how will from about or an as by don't i'm it's"
)


@lru_cache(maxsize=1)
def _eldc() -> Any:
    import eldc

    eldc.init()
    detector = eldc.instance()
    detector.set_scores(3)
    return detector


def detect(texts: Sequence[str]) -> list[tuple[str, float]]:
    """Return (BCP 47 tag, confidence in 0..1) per raw text.

    The tag is ``en``, ``vi``, ``ar``, another language's code, or ``und`` where there is too little to go by.
    """
    detector = _eldc()
    return [_one(detector, _TOKENS.sub(" ", mask(clean(text[:2000])))) for text in texts]


def _one(detector: Any, text: str) -> tuple[str, float]:
    kinds = text.translate(_KINDS)
    if len(kinds) < 2:
        return UNDETERMINED, 0.0
    found = detector.detect_details(text)
    tag, sure = _tag(found)
    foreign, marked = kinds.count("f"), kinds.count("v")
    arabic, latin = kinds.count("a") + foreign, kinds.count("l") + marked
    if arabic * 2 > len(kinds):
        return _arabic(foreign / arabic, tag, sure)
    if latin * 2 > len(kinds):
        if (marked >= 2 or (marked and tag != "ro")) and marked * 12 >= latin:
            return "vi", 0.95
        return _latin(text, tag, sure, found)
    return tag, sure


def _tag(found: Any) -> tuple[str, float]:
    best = max(found.scores.values(), default=0.0)
    rest = sorted(found.scores.values(), reverse=True)[1:2] or [0.0]
    sure = 0.95 if found.reliable else min(0.9, 0.4 + best - rest[0])
    return (found.language, sure) if found.language != UNDETERMINED else (UNDETERMINED, 0.0)


def _arabic(foreign: float, tag: str, sure: float) -> tuple[str, float]:
    """Return the language of a text in Arabic letters, of which the share ``foreign`` is none of Arabic's own."""
    if foreign > 1 / 12 or (foreign and tag != "ar" and sure > 0.9):
        # A dialect borrows a letter or two ("چ" for ch); Persian and Urdu cannot do without them.
        return (tag, sure) if tag not in (*LANGUAGES, UNDETERMINED) else ("fa", 0.5)
    return "ar", sure if tag == "ar" else 0.8


def _latin(text: str, tag: str, sure: float, found: Any) -> tuple[str, float]:
    if tag == "vi" and sure > 0.9:
        return tag, sure
    parts = [w.casefold() for w in words(text) if _LATIN.match(w)]
    share_vi, share_en = _looks_vietnamese(parts), _looks_english(parts)
    # The detector knows Vietnamese by its marks: without them it is often sure of another language.
    if share_vi > share_en and share_vi >= (0.65 if found.reliable else 0.45):
        return "vi", 0.75
    if tag == "en" and sure > 0.9:
        return tag, sure
    # "as", "no" and "a" are words of Portuguese and Italian too: against a sure answer they need company.
    if share_en >= (0.4 if found.reliable else 0.25) and share_en > share_vi:
        return "en", 0.75
    if len(parts) < 3 and sure < 0.9:
        best = max(("en", "vi"), key=lambda k: float(found.scores.get(k, 0.0)))
        return (best, 0.4) if found.scores.get(best) else (UNDETERMINED, 0.2)
    return tag, sure


def _looks_vietnamese(parts: list[str]) -> float:
    """Return how much of the words are common Vietnamese syllables without marks; other syllables count half."""
    if not parts:
        return 0.0
    known = sum(p in _COMMON_VI for p in parts)
    others = sum(p not in _COMMON_VI and p not in _COMMON_EN and _SYLLABLE.fullmatch(p) is not None for p in parts)
    return (known + others / 2) / len(parts) if known * 3 >= len(parts) else 0.0


def _looks_english(parts: list[str]) -> float:
    return sum(p in _COMMON_EN for p in parts) / len(parts) if parts else 0.0
