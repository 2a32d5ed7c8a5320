"""The tutorial's pages from the chapters' programs: what a page shows is the code that the tests compile and run.

A chapter is `Examples/NN-name/main.swift`. Its first comment is the title and the introduction; `// MARK: - Title` begins a
section; in a section each comment at the margin is a step, and the code below it is the step's code. What a section prints
is taken from the tests' fixtures, which are PyTorch's output.
"""

import pathlib
import re

TITLE = re.compile(r"Chapter \d+: (.+)")
MARK = "// MARK: - "
# A longer output is cut here.
MOST_LINES = 30
# DocC wants a picture for each chapter: its number.
IMAGE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90" width="640" height="360">
<rect width="160" height="90" rx="8" fill="#f05138"/>
<text x="80" y="62" font-family="sans-serif" font-size="50" font-weight="bold" text-anchor="middle" fill="white">{number}</text>
</svg>
"""


def paragraphs(comment):
    """A comment's lines without their slashes, joined to paragraphs."""
    text = "\n".join(line.removeprefix("//").strip() for line in comment)
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def blocks(lines):
    """Comments at the margin, each with the code below it: [(comment's lines, code's lines)]."""
    found = []
    for line in lines:
        if line.startswith("//"):
            if not found or found[-1][1]:
                found.append(([], []))
            found[-1][0].append(line)
        elif found and (line or found[-1][1]):
            found[-1][1].append(line)
        elif line:
            raise ValueError(f"code without a comment that explains it: {line}")
    return found


def trimmed(lines):
    """Without empty lines at the end."""
    return "\n".join(lines).rstrip().split("\n")


class Chapter:
    def __init__(self, path):
        self.name = path.parent.name
        parts, current = [("", [])], None
        for line in path.read_text().split("\n"):
            if line.startswith(MARK):
                parts.append((line.removeprefix(MARK), []))
            else:
                parts[-1][1].append(line)
        (head, self.preamble), *rest = blocks(parts[0][1])
        if rest:
            raise ValueError(f"{path}: the text before the first MARK is one comment")
        title, *self.introduction = paragraphs(head)
        self.title = TITLE.fullmatch(title).group(1)
        self.sections = [(title, blocks(lines)) for title, lines in parts[1:]]

    def outputs(self, fixtures):
        """What each section prints, by its title; empty where there is no fixture."""
        path = fixtures / f"{self.name}.txt"
        if not path.exists():
            return {}
        parts = re.split(r"^==== (.+)\n", path.read_text(), flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2]))

    def write(self, catalogue, fixtures):
        """The page and its code files, into the catalogue."""
        outputs = self.outputs(fixtures)
        unknown = [title for title in outputs if title not in dict(self.sections)]
        if unknown:
            raise ValueError(f"{self.name}: the fixture has sections that the chapter has not: {unknown}")
        page = ["@Tutorial(time: 5) {", f'    @Intro(title: "{self.title}") {{']
        page += indented(self.introduction, 8)
        page += ["    }"]
        for number, (title, steps) in enumerate(self.sections, 1):
            page += [f'    @Section(title: "{title}") {{', "        @ContentAndMedia {", "        }", "        @Steps {"]
            code = trimmed(self.preamble) + [""] if number == 1 else []
            for step, (comment, lines) in enumerate(steps, 1):
                file = f"{self.name}-{number}-{step}.swift"
                code += lines
                (catalogue / file).write_text("\n".join(trimmed(code)) + "\n")
                page += ["            @Step {"] + indented(paragraphs(comment), 16)
                page += [f'                @Code(name: "main.swift", file: "{file}")']
                page += ["            }"]
            if outputs.get(title):
                file = f"{self.name}-{number}-output.txt"
                (catalogue / file).write_text(shortened(outputs[title]))
                page += ["            @Step {", "                What it prints.", ""]
                page += [f'                @Code(name: "output", file: "{file}", reset: true)', "            }"]
            page += ["        }", "    }"]
        page += ["}"]
        (catalogue / f"{self.name}.tutorial").write_text("\n".join(page) + "\n")


def indented(texts, width):
    return [line for text in texts for line in (" " * width + text, "")]


def shortened(text):
    lines = text.split("\n")
    return text if len(lines) <= MOST_LINES else "\n".join(lines[:MOST_LINES] + ["…", ""])


def contents(chapters, introduction):
    """The tutorial's table of contents."""
    page = ['@Tutorials(name: "Learn the Basics") {', '    @Intro(title: "Learn the basics") {']
    page += indented(introduction, 8) + ["    }"]
    for number, chapter in enumerate(chapters, 1):
        page += [f'    @Chapter(name: "{chapter.title}") {{'] + indented(chapter.introduction[:1], 8)
        page += [f'        @Image(source: "chapter-{number}.svg", alt: "Chapter {number}")']
        page += [f'        @TutorialReference(tutorial: "doc:{chapter.name}")', "    }"]
    return "\n".join(page + ["}"]) + "\n"


def write_tutorial(root, catalogue):
    """All chapters, as pages of `catalogue`."""
    fixtures = root / "Tests/FirebrandCLITests/Fixtures/Chapters"
    chapters = [Chapter(path) for path in sorted(root.glob("Examples/*/main.swift"))]
    for number, chapter in enumerate(chapters, 1):
        chapter.write(catalogue, fixtures)
        (catalogue / f"chapter-{number}.svg").write_text(IMAGE.format(number=number))
    (catalogue / "Learn-the-Basics.tutorial").write_text(contents(chapters, [
        "Deep learning from the first tensor to a trained and saved network, in eight chapters. Each is a program that you "
        "can run: `swift run 01-tensors`."]))
    return chapters
