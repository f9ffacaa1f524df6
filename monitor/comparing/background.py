"""Everyday sentences in the three languages, line by line translations of each other.

Sentence vectors of multilingual encoders share a large common part and a smaller one per language. Their mean
over sentences that say the same things in every language estimates both, so that taking it away leaves what a
text is about (see ``vectors.Centre``). Written for this purpose: ordinary news and talk, no real event.
"""

from __future__ import annotations

_TRIPLES: tuple[tuple[str, str, str], ...] = (
    (
        "The hospital in the city centre opened a new ward for children this week.",
        "Bệnh viện ở trung tâm thành phố vừa mở khoa mới cho trẻ em trong tuần này.",
        "افتتح المستشفى في وسط المدينة قسما جديدا للأطفال هذا الأسبوع.",
    ),
    (
        "Please share this with everyone you know before they delete it!",
        "Mọi người hãy chia sẻ ngay cho người quen trước khi bài bị xóa!",
        "انشروا هذا لكل من تعرفون قبل أن يحذفوه!",
    ),
    (
        "The president said on Tuesday that taxes on small shops would be lowered next year.",
        "Tổng thống nói hôm thứ Ba rằng thuế đối với cửa hàng nhỏ sẽ giảm vào năm sau.",
        "قال الرئيس يوم الثلاثاء إن الضرائب على المتاجر الصغيرة ستنخفض العام المقبل.",
    ),
    (
        "I can't believe what I just saw in this video 😂",
        "Không thể tin nổi những gì mình vừa xem trong video này 😂",
        "لا أصدق ما رأيته للتو في هذا الفيديو 😂",
    ),
    (
        "A doctor claims that drinking hot water with lemon cures the disease in three days.",
        "Một bác sĩ khẳng định uống nước chanh nóng chữa khỏi bệnh trong ba ngày.",
        "طبيب يؤكد أن شرب الماء الساخن مع الليمون يشفي من المرض في ثلاثة أيام.",
    ),
    (
        "Police arrested four men after a fight outside a football stadium.",
        "Công an bắt bốn người đàn ông sau vụ ẩu đả bên ngoài sân vận động.",
        "اعتقلت الشرطة أربعة رجال بعد شجار خارج ملعب لكرة القدم.",
    ),
    (
        "Heavy rain flooded the main road and hundreds of cars were stuck for hours.",
        "Mưa lớn làm ngập tuyến đường chính, hàng trăm ô tô mắc kẹt nhiều giờ.",
        "أغرقت الأمطار الغزيرة الطريق الرئيسي وعلقت مئات السيارات لساعات.",
    ),
    (
        "The price of rice has gone up by ten percent since last month.",
        "Giá gạo đã tăng mười phần trăm so với tháng trước.",
        "ارتفع سعر الأرز بنسبة عشرة بالمئة منذ الشهر الماضي.",
    ),
    (
        "Your bank account has been locked, click the link to confirm your password.",
        "Tài khoản ngân hàng của bạn đã bị khóa, bấm vào đường dẫn để xác nhận mật khẩu.",
        "تم إيقاف حسابك البنكي، اضغط على الرابط لتأكيد كلمة المرور.",
    ),
    (
        "Scientists found a new kind of fish in the deep sea.",
        "Các nhà khoa học tìm thấy một loài cá mới dưới biển sâu.",
        "اكتشف العلماء نوعا جديدا من الأسماك في أعماق البحر.",
    ),
    (
        "Is it true that the schools will be closed on Monday?",
        "Có thật là thứ Hai các trường sẽ đóng cửa không?",
        "هل صحيح أن المدارس ستغلق يوم الاثنين؟",
    ),
    (
        "The ministry denied the rumour and asked people not to believe it.",
        "Bộ đã bác bỏ tin đồn và đề nghị người dân không nên tin.",
        "نفت الوزارة الشائعة وطلبت من الناس عدم تصديقها.",
    ),
    (
        "Our team won the match with two goals in the last minutes.",
        "Đội nhà thắng trận nhờ hai bàn ở những phút cuối.",
        "فاز فريقنا بالمباراة بهدفين في الدقائق الأخيرة.",
    ),
    (
        "An old photo of a burning ship is being passed around as if it were new.",
        "Một tấm ảnh cũ chụp con tàu bốc cháy đang được lan truyền như ảnh mới.",
        "يجري تداول صورة قديمة لسفينة تحترق على أنها حديثة.",
    ),
    (
        "The famous singer died last night at the age of 70, according to her family.",
        "Nữ ca sĩ nổi tiếng qua đời đêm qua ở tuổi 70, theo gia đình bà.",
        "توفيت المغنية الشهيرة ليلة أمس عن عمر 70 عاما بحسب عائلتها.",
    ),
    (
        "They are putting something in the vaccine and nobody wants to talk about it.",
        "Người ta bỏ thứ gì đó vào vắc xin mà không ai chịu nói ra.",
        "إنهم يضعون شيئا في اللقاح ولا أحد يريد الحديث عنه.",
    ),
    (
        "Voters waited in long queues to choose a new parliament.",
        "Cử tri xếp hàng dài để bầu quốc hội mới.",
        "انتظر الناخبون في طوابير طويلة لاختيار برلمان جديد.",
    ),
    (
        "The company will give free phones to the first thousand people who sign up.",
        "Công ty sẽ tặng điện thoại miễn phí cho một nghìn người đăng ký đầu tiên.",
        "ستقدم الشركة هواتف مجانية لأول ألف شخص يسجلون.",
    ),
    (
        "Soldiers crossed the border at night, witnesses say.",
        "Các nhân chứng nói binh lính đã vượt biên giới trong đêm.",
        "يقول شهود إن جنودا عبروا الحدود ليلا.",
    ),
    (
        "Good morning everyone, what are you having for breakfast?",
        "Chào buổi sáng cả nhà, mọi người ăn sáng món gì thế?",
        "صباح الخير جميعا، ماذا ستتناولون على الفطور؟",
    ),
    (
        "A strong earthquake was felt in several villages, no one was hurt.",
        "Nhiều xã cảm nhận được trận động đất mạnh, không ai bị thương.",
        "شعر سكان عدة قرى بزلزال قوي ولم يصب أحد بأذى.",
    ),
    (
        "The actor said he would leave the country if the law is passed.",
        "Nam diễn viên nói sẽ rời khỏi đất nước nếu luật được thông qua.",
        "قال الممثل إنه سيغادر البلاد إذا أقر القانون.",
    ),
    (
        "Eating this fruit every day makes you lose five kilos in a week.",
        "Ăn loại quả này mỗi ngày giúp giảm năm cân trong một tuần.",
        "تناول هذه الفاكهة يوميا يجعلك تخسر خمسة كيلوغرامات في أسبوع.",
    ),
    (
        "The new phone network makes birds fall from the sky.",
        "Mạng điện thoại mới làm chim rơi từ trên trời xuống.",
        "شبكة الهاتف الجديدة تجعل الطيور تسقط من السماء.",
    ),
    (
        "A court sentenced the former mayor to six years in prison for corruption.",
        "Tòa tuyên phạt cựu thị trưởng sáu năm tù vì tham nhũng.",
        "حكمت محكمة على رئيس البلدية السابق بالسجن ست سنوات بتهمة الفساد.",
    ),
    (
        "Thousands of workers are on strike for better wages.",
        "Hàng nghìn công nhân đình công đòi tăng lương.",
        "آلاف العمال مضربون من أجل أجور أفضل.",
    ),
    (
        "Why is nobody in the media reporting this?",
        "Tại sao không báo đài nào đưa tin chuyện này?",
        "لماذا لا يتحدث أحد في الإعلام عن هذا؟",
    ),
    (
        "The government will pay every family a monthly allowance from January.",
        "Chính phủ sẽ trợ cấp hằng tháng cho mỗi gia đình từ tháng Một.",
        "ستدفع الحكومة لكل عائلة إعانة شهرية ابتداء من يناير.",
    ),
    (
        "A plane made an emergency landing because of smoke in the cabin.",
        "Máy bay phải hạ cánh khẩn cấp vì có khói trong khoang.",
        "هبطت طائرة اضطراريا بسبب دخان في المقصورة.",
    ),
    (
        "Refugees arrived at the island in small boats on Sunday.",
        "Người tị nạn đến hòn đảo bằng thuyền nhỏ hôm Chủ nhật.",
        "وصل لاجئون إلى الجزيرة في قوارب صغيرة يوم الأحد.",
    ),
    (
        "My neighbour told me the water is poisoned, don't drink it.",
        "Hàng xóm bảo tôi nước bị nhiễm độc, đừng uống.",
        "أخبرني جاري أن الماء مسموم، لا تشربوه.",
    ),
    (
        "The film festival gave its main prize to a young director.",
        "Liên hoan phim trao giải cao nhất cho một đạo diễn trẻ.",
        "منح مهرجان السينما جائزته الكبرى لمخرجة شابة.",
    ),
    (
        "Religious leaders called for calm after the attack on the mosque.",
        "Các lãnh đạo tôn giáo kêu gọi bình tĩnh sau vụ tấn công nhà thờ Hồi giáo.",
        "دعا رجال الدين إلى الهدوء بعد الهجوم على المسجد.",
    ),
    (
        "This law is a shame, we have to protest.",
        "Luật này thật đáng xấu hổ, chúng ta phải phản đối.",
        "هذا القانون عار، علينا أن نحتج.",
    ),
    (
        "Fuel will be rationed next week, say drivers waiting at petrol stations.",
        "Tài xế chờ ở trạm xăng nói tuần tới xăng dầu sẽ bị hạn chế.",
        "يقول سائقون ينتظرون في محطات الوقود إن البنزين سيوزع بالحصص الأسبوع المقبل.",
    ),
    (
        "A child was found alive three days after getting lost in the forest.",
        "Một đứa trẻ được tìm thấy còn sống ba ngày sau khi lạc trong rừng.",
        "عثر على طفل حيا بعد ثلاثة أيام من ضياعه في الغابة.",
    ),
    (
        "The president's old speech was cut so that he seems to say the opposite.",
        "Bài phát biểu cũ của tổng thống bị cắt ghép để nghe như ông nói điều ngược lại.",
        "تم قص خطاب قديم للرئيس ليبدو كأنه يقول العكس.",
    ),
    (
        "Women are now half of the students at the university.",
        "Nữ giới nay chiếm một nửa sinh viên của trường đại học.",
        "أصبحت النساء نصف طلاب الجامعة.",
    ),
    (
        "The virus came out of a laboratory and they are hiding the proof.",
        "Vi-rút thoát ra từ phòng thí nghiệm và họ đang che giấu bằng chứng.",
        "خرج الفيروس من مختبر وهم يخفون الدليل.",
    ),
    (
        "Looking for a cheap flat near the station, any ideas?",
        "Tìm căn hộ giá rẻ gần nhà ga, ai biết chỉ giúp với?",
        "أبحث عن شقة رخيصة قرب المحطة، هل من اقتراحات؟",
    ),
)

BACKGROUND: dict[str, tuple[str, ...]] = {
    lang: tuple(triple[column] for triple in _TRIPLES) for column, lang in enumerate(("en", "vi", "ar"))
}
"""The sentences per language; the i-th of each language mean the same."""
