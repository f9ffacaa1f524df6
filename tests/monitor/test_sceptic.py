"""Who doubts and who does not, in three languages: posts written for this test, never used to write the lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.matching.sceptic import doubts, is_sceptical

DOUBTING = {
    "en": [
        "hmm sounds fishy, who told you this",
        "Source? I can't find it on any news site",
        "is this legit or another chain message",
        "not sure if this is real but stay safe",
        "I doubt they would close all the banks on a Tuesday",
        "Has anyone confirmed it with the hospital",
        "seems fake to me",
        "unconfirmed, waiting for the police",
        "yeah right, and pigs fly",
        "where did you read that",
        "Looks photoshopped",
        "proof? a link would help",
        "says who",
        "can somebody verify before we all panic",
        "wait, what? the dam broke?",
        "any evidence for that number",
    ],
    "vi": [
        "Có nguồn không bạn ơi",
        "nghe sai sai, ai nói vậy",
        "Thật không đó, sao báo không đăng",
        "tin này chuẩn chưa mọi người",
        "chưa thấy ai xác nhận, nghe vô lý",
        "bằng chứng đâu",
        "thiệt hông trời",
        "nghi lắm, chắc lại câu like",
        "tin nổi không, làm gì có chuyện đó",
        "cho xin nguồn với ạ",
        "thực hư thế nào vậy cả nhà",
        "thật hay đùa vậy",
        "co that khong moi nguoi",
        "xin nguon voi ban",
        "chưa được kiểm chứng nhé",
        "ảnh cũ phải không",
    ],
    "ar": [
        "وين المصدر؟",
        "هل الخبر مؤكد أم مجرد كلام",
        "مش مصدق إن ده حصل",
        "حد متأكد من الموضوع ده",
        "مين قال الكلام ده",
        "الصورة قديمة؟",
        "بجد؟ ولا إشاعة",
        "لم يتم التأكد من الخبر بعد",
        "أشك في صحة هذا الكلام",
        "ما الدليل على ذلك",
        "معقول؟ البنوك كلها",
        "كلام مش منطقي",
        "خبر غير مؤكد",
        "شو المصدر",
        "صحيح ولا كذب",
        "إن صح الخبر فهي كارثة",
    ],
}
OTHERS = {
    "en": [
        "The dam has burst, everybody leave now!",
        "Banks will be closed until Friday, take out your money",
        "They found poison in the water of the northern districts",
        "My aunt saw soldiers at the bridge this morning",
        "Drink hot lemon water and the fever is gone in a day",
        "Share before they delete it!!!",
        "The minister resigned tonight after the scandal",
        "Free phones for the first thousand people, click here",
        "Good morning everyone, lovely weather today",
        "Our team won again, what a match",
        "This law is a shame and we will protest",
        "Doctors say the new vaccine works for children",
        "A source at the ministry says fuel will be rationed",
        "Schools stay closed on Monday because of the storm",
        "Real heroes clean the beach every Sunday",
        "The video shows the moment the plane landed",
    ],
    "vi": [
        "Đập vỡ rồi, mọi người sơ tán ngay!",
        "Ngân hàng đóng cửa đến thứ sáu, rút tiền nhanh",
        "Nước máy quận bắc bị nhiễm độc",
        "Uống nước chanh nóng là hết sốt trong một ngày",
        "Chia sẻ gấp trước khi bị xóa",
        "Bộ trưởng vừa từ chức tối nay",
        "Tặng điện thoại cho một nghìn người đầu tiên",
        "Chào buổi sáng cả nhà",
        "Đội nhà lại thắng rồi",
        "Luật này thật đáng xấu hổ",
        "Bác sĩ nói vắc xin mới tốt cho trẻ em",
        "Nguồn tin từ bộ cho biết xăng sẽ bị hạn chế",
        "Học sinh nghỉ học thứ hai vì bão",
        "Công an phát hiện vật thể đáng ngờ ở ga",
        "Giá gạo tăng mười phần trăm",
        "Video quay lại lúc máy bay hạ cánh",
    ],
    "ar": [
        "انهار السد، اهربوا الآن!",
        "البنوك مغلقة حتى الجمعة اسحبوا أموالكم",
        "المياه مسمومة في الأحياء الشمالية",
        "اشرب الليمون الساخن وستختفي الحمى في يوم",
        "انشروها قبل الحذف",
        "استقال الوزير الليلة بعد الفضيحة",
        "هواتف مجانية لأول ألف شخص",
        "صباح الخير جميعا",
        "فاز فريقنا من جديد",
        "هذا القانون عار وسنحتج",
        "يقول الأطباء إن اللقاح الجديد آمن للأطفال",
        "قال مصدر في الوزارة إن الوقود سيوزع بالحصص",
        "المدارس مغلقة يوم الاثنين بسبب العاصفة",
        "رأت خالتي جنودا عند الجسر هذا الصباح",
        "ارتفع سعر الأرز عشرة بالمئة",
        "الفيديو يظهر لحظة هبوط الطائرة",
    ],
}


@pytest.mark.parametrize("lang", ["en", "vi", "ar"])
def test_most_doubt_is_seen_and_little_else_is_taken_for_it(lang: str) -> None:
    missed = [text for text in DOUBTING[lang] if not is_sceptical(text, lang)]
    wrong = [text for text in OTHERS[lang] if is_sceptical(text, lang)]
    assert len(missed) <= 3, missed
    assert len(wrong) <= 1, wrong


def test_vietnamese_without_marks_is_read_too() -> None:
    assert doubts("cho xin nguon voi a")
    assert not doubts("nguon nuoc sach cho moi nguoi")


@given(st.text(max_size=3000))
def test_any_text_is_read(text: str) -> None:
    assert is_sceptical(text, "und") in (True, False)
