"""A story in a language the model was not measured in says so, beside its posts and its scores."""

from __future__ import annotations

from sqlmodel import select

from monitor.context import Context
from monitor.models import PostRun, Source
from tests import builders
from tests.review_ui.conftest import Someone


def test_posts_in_other_languages_are_marked(someone: Someone, context: Context, source: Source) -> None:
    builders.make_story(context, source, ["Der Staudamm ist gebrochen."], lang="de")
    builders.make_story(context, source, ["The dam has burst."])
    with context.writing() as session:
        run = session.exec(select(PostRun).order_by(PostRun.id)).first()  # type: ignore[arg-type]
        assert run is not None
        run.outcomes = {**run.outcomes, "language": "unverified_language"}
        session.add(run)
    browser = someone("ann")
    page = browser.open("/stories/1")
    assert "unverified language" in page.one("#post-1").get_text()
    assert "not measured in" in page.one(".scores").get_text()
    page = browser.open("/stories/2")
    assert "unverified language" not in page.text
    assert "not measured in" not in page.one(".scores").get_text()
