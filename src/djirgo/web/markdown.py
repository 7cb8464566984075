"""What people wrote in Markdown: read by mistune, and let through by nh3 only where harmless."""

import mistune
import nh3
from django.utils.safestring import SafeString, mark_safe

TAGS = {
    "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "del", "code", "pre", "blockquote",
    "ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
DONE, TO_DO = "☑", "☐"
A_BOX = "to-do"


class Renderer(mistune.HTMLRenderer):
    def image(self, text: str, url: str, title: str | None = None) -> str:
        """As a link: looking at a task fetches nothing from elsewhere."""
        return self.link(text or url, url, title)

    def task_list_item(self, text: str, checked: bool = False) -> str:
        return f'<li class="{A_BOX}">{DONE if checked else TO_DO} {text}</li>'


#: HTML that people write stays what it is: text.
_read = mistune.create_markdown(
    renderer=Renderer(escape=True), hard_wrap=True, plugins=["strikethrough", "url", "table", "task_lists"]
)


def as_html(text: str) -> SafeString:
    html = nh3.clean(
        str(_read(text)),
        tags=TAGS,
        attributes=ATTRIBUTES,
        allowed_classes={"li": {A_BOX}},
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(html)  # noqa: S308  that is what nh3 is for


def below_title(text: str) -> str:
    """All but the first line."""
    return text.partition("\n")[2].strip()
