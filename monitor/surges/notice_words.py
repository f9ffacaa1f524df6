"""The words of a mail about an alarm, in the team's language. ``{…}`` are filled in by ``monitor.surges.notice``."""

from __future__ import annotations

SUBJECT = {
    "en": "Early warning: {title}",
    "vi": "Cảnh báo sớm: {title}",
    "ar": "إنذار مبكر: {title}",
}
WITHHELD = {
    "en": "a story with hateful or abusive words",
    "vi": "câu chuyện có lời lẽ thù ghét hoặc xúc phạm",
    "ar": "قصة فيها كلام كراهية أو إساءة",
}
KINDS = {
    "en": {"new": "It spreads for the first time.", "again": "It spreads again.",
           "re_emerged": "It was answered before and spreads again."},
    "vi": {"new": "Tin này lan lần đầu.", "again": "Tin này lan trở lại.",
           "re_emerged": "Tin này đã được trả lời, nay lan trở lại."},
    "ar": {"new": "تنتشر لأول مرة.", "again": "تنتشر من جديد.", "re_emerged": "سبق الرد عليها وتنتشر من جديد."},
}  # fmt: skip
BODY = {
    "en": (
        "{title}\n\n{kind}\n"
        "Different authors: {observed} (hours looked at: {hours}; expected: {low} to {upper}).\n"
        "Posts that doubt or ask: {sceptical} of {posts}.\n"
        "First seen: {first}.{notes}\n\n{link}\n\n"
        "Alarms this week: {shown} of at most {budget}.\n"
        "An alarm does not say that a story is false. Counts are posts our sources returned.\n"
    ),
    "vi": (
        "{title}\n\n{kind}\n"
        "Số người đăng khác nhau: {observed} (số giờ xem xét: {hours}; bình thường: từ {low} đến {upper}).\n"
        "Bài nghi ngờ hoặc hỏi: {sceptical} trên {posts}.\n"
        "Thấy lần đầu: {first}.{notes}\n\n{link}\n\n"
        "Cảnh báo trong tuần này: {shown}, tối đa {budget}.\n"
        "Cảnh báo không có nghĩa là tin này sai. Số liệu là các bài mà nguồn của chúng ta trả về.\n"
    ),
    "ar": (
        "{title}\n\n{kind}\n"
        "عدد الناشرين المختلفين: {observed} (عدد الساعات: {hours}؛ المعتاد: من {low} إلى {upper}).\n"
        "منشورات تشكك أو تسأل: {sceptical} من {posts}.\n"
        "أول ظهور: {first}.{notes}\n\n{link}\n\n"
        "إنذارات هذا الأسبوع: {shown} من {budget} على الأكثر.\n"
        "الإنذار لا يعني أن القصة كاذبة. الأرقام هي منشورات أعادتها مصادرنا.\n"
    ),
}
PROVISIONAL = {
    "en": "Provisional: less than a week was watched before.",
    "vi": "Tạm thời: trước đó theo dõi chưa đủ một tuần.",
    "ar": "مؤقت: رُوقب أقل من أسبوع قبل ذلك.",
}
LATE = {
    "en": "Late: most posts reached us more than two hours after they were made.",
    "vi": "Đến muộn: phần lớn bài đến với chúng ta muộn hơn hai giờ sau khi được đăng.",
    "ar": "متأخر: وصلنا معظم المنشورات بعد أكثر من ساعتين من نشرها.",
}
PAGE = {
    "en": "See the page of early warning, alarm {number}.",
    "vi": "Xem trang cảnh báo sớm, cảnh báo số {number}.",
    "ar": "انظر صفحة الإنذار المبكر، الإنذار رقم {number}.",
}
