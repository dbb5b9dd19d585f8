"""Search results as a page of pictures, in one file that needs no server to look at."""

from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader

from wardrobe.cli.results import explained, understood
from wardrobe.errors import WardrobeError
from wardrobe.files import write_text
from wardrobe.thumbnails import thumbnail

if TYPE_CHECKING:
    from wardrobe.client import SearchPage, Wardrobe

_SIDE = 192


def write_page(path: Path, page: "SearchPage", title: str, wardrobe: "Wardrobe") -> None:
    """Writes the results with their pictures, which are asked for one by one."""
    pictures = [_picture(wardrobe, item.id) for item in page]
    environment = Environment(loader=PackageLoader("wardrobe.cli", "."), autoescape=True)
    html = environment.get_template("page.html").render(
        title=title,
        page=page,
        understood=understood(page.understood) if page.understood else None,
        found=zip(page, pictures, strict=True),
        explained=explained,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, html)


def _picture(wardrobe: "Wardrobe", id: str) -> str | None:
    try:
        return thumbnail(wardrobe.picture(id), _SIDE)
    except WardrobeError:  # its file may be gone
        return None
