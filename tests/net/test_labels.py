from __future__ import annotations

from pathlib import Path

import pytest

from convscope.errors import IntakeError
from convscope.net.labels import Classes, classes_from_metadata, read_classes


def test_classes_are_read_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "classes.txt"
    file.write_text("n2\ttench, Tinca\nn1\tgreat white shark\n\n")
    assert read_classes(file) == Classes(("n2", "n1"), ("tench, Tinca", "great white shark"))


def test_a_line_without_tab_is_key_and_name(tmp_path: Path) -> None:
    file = tmp_path / "classes.txt"
    file.write_text("cat\r\ndog\r\n", encoding="utf-8-sig")
    assert read_classes(file) == Classes(("cat", "dog"), ("cat", "dog"))


def test_labels_match_by_key_or_name_and_never_by_position() -> None:
    classes = Classes(("n1", "n2", "n3"), ("crane", "cat", "crane"))
    assert [classes.number(label) for label in ("n3", "cat", "crane", "0", "zebra")] == [
        2,
        1,
        None,
        None,
        None,
    ]
    assert [classes.name(label) for label in ("n3", "cat", "zebra")] == ["crane", "cat", "zebra"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tx\n\nb\ty\n", "Line 2 of .* has no key. A classes file has one line for each output"),
        ("", "Line 1 of .* has no key"),
        ("\tx\n", "Line 1 of .* has no key"),
        ("a\tx\na\ty\n", "'a' as the key of 2 classes; a key belongs to one"),
    ],
)
def test_malformed_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "classes.txt"
    file.write_text(text)
    with pytest.raises(IntakeError, match=message):
        read_classes(file)


def test_a_missing_or_binary_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match=r"no\.txt cannot be read"):
        read_classes(tmp_path / "no.txt")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(IntakeError, match=r"b\.txt cannot be read"):
        read_classes(tmp_path / "b.txt")


def test_metadata_names_classes_or_a_file_beside_the_weights(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "c.txt").write_text("k\tname\n")
    (tmp_path / "secret.txt").write_text("no\tnever\n")
    read = classes_from_metadata
    assert read({"classes": "a,b", "classes_file": "c.txt"}, inner) == Classes(
        ("a", "b"), ("a", "b")
    )
    assert read({"classes_file": "c.txt"}, inner) == Classes(("k",), ("name",))
    assert read({"classes_file": "../secret.txt"}, inner) is None
    assert read({"classes_file": "gone.txt"}, inner) is None
    assert read({}, inner) is None


def test_imagenet_has_two_cranes_and_no_ambiguous_keys(shared: Path) -> None:
    classes = read_classes(shared / "data" / "imagenet-classes.txt")
    assert len(classes.keys) == len(set(classes.keys)) == 1000
    assert classes.number("n01443537") == classes.number("goldfish") == 1
    assert classes.number("crane") is None
