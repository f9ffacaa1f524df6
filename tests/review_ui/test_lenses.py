"""Views kept on the queue's page."""

from __future__ import annotations

import pytest

from monitor.context import Context
from monitor.models import Source
from tests import builders
from tests.review_ui.conftest import Someone

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_view_is_kept_used_and_forgotten(context: Context, someone: Someone, source: Source) -> None:
    builders.make_story(context, source, ["English"], lang="en")
    builders.make_story(context, source, ["العربية"], lang="ar", request_count=1)
    ann, bob = someone("ann"), someone("bob")
    page = ann.open("/?tips=1").submit("/", lang="ar")
    page = page.submit("/lenses", name="Arabic, asked", shared="true")
    assert page.path == "/?lang=ar&tips=1&said=lens"
    assert [row["id"] for row in page.soup.select(".row")] == ["story-2"]
    page = bob.open("/")
    view = page.one(".view a")
    assert "team" in view.get_text()
    assert [row["id"] for row in bob.open(str(view["href"])).soup.select(".row")] == ["story-2"]
    assert not page.soup.select(".view form")
    page = ann.open("/").submit("/lenses/1/remove")
    assert not page.soup.select(".view")


def test_ages_narrow_the_list(context: Context, someone: Someone, source: Source) -> None:
    builders.make_story(context, source, ["Fresh"])
    page = someone("ann").open("/").submit("/", age="new")
    assert page.soup.select("#story-1")
    page = page.submit("/", age="day")
    assert "No story fits" in page.text
    assert page.submit("/", age="").soup.select("#story-1")
