# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema of VM files, and the reference that is made from the same table."""
import glob
import json
import os
import tomllib

import jsonschema
import pytest
from conftest import CONFIG, OK, ROOT
from test_files import BAD_TEXT, CLASSIC, FAMILY, NAMED, SHORT

CONFIGS = sorted(glob.glob(os.path.join(ROOT, "configs", "*.toml")))
REFERENCE = os.path.join(ROOT, "docs", "reference", "configuration.md")

# What only the whole of a file shows, or what it leads to: the schema cannot know.
BEYOND_SCHEMA = {
    "cpu_ids", "cpu_ids_same", "cpu_set_empty", "memory_twice", "memory_zero", "memory_huge",
    "regions_empty", "region_unaligned", "region_device", "region_wraps", "regions_overlap",
    "region_on_device", "device_irq", "interrupts_passed_through", "passthrough_path",
    "passthrough_table", "passthrough_address", "passthrough_offset", "disk", "ivc_rights_write",
    "ivc_rights_position", "ivc_subscriber_twice", "ivc_subscribers_missing", "ivc_key_twice",
    "ivc_irq_taken", "ivc_irq_range", "ivc_size_none", "ivc_size_of_subscriber", "ivc_window",
    "shared_allocated", "passthrough_irq_taken", "size_huge",
}


@pytest.fixture(name="validator", scope="module")
def make_validator(tmp_path_factory):
    from conftest import Files
    done = Files(tmp_path_factory.mktemp("schema")).axvm("schema")
    assert (done.status, done.err) == (OK, "")
    schema = json.loads(done.out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", CONFIGS, ids=os.path.basename)
def test_our_own_files(validator, path):
    with open(path, "rb") as file:
        validator.validate(tomllib.load(file))


@pytest.mark.parametrize("text", [CLASSIC, SHORT, NAMED, FAMILY, ""],
                         ids=["classic", "short", "named", "family", "empty"])
def test_good(validator, text):
    validator.validate(tomllib.loads(text))


@pytest.mark.parametrize("case", BAD_TEXT)
def test_bad(files, validator, case):
    """The schema refuses what the parser refuses, and nothing that only a later check finds."""
    text = open(files.vm(**BAD_TEXT[case][0]), encoding="utf-8").read().replace("@", "")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert validator.is_valid(values) == (case in BEYOND_SCHEMA)


def descriptions(schema, path=""):
    """Every key with its schema."""
    for name, value in schema.get("properties", {}).items():
        yield path + "." + name, value
        yield from descriptions(value, path + "." + name)
    for part in schema.get("anyOf", []) + ([schema["items"]] if schema.get("items") else []):
        yield from descriptions(part, path)


def test_every_key_is_described(validator):
    keys = list(descriptions(validator.schema))
    assert len(keys) > 60
    for path, schema in keys:
        if not path.endswith(".path"):
            assert schema["title"] and len(schema["description"]) > 5, path


@pytest.mark.parametrize("key", ["interrupt_mode", "image_location"])
def test_choices_are_those_of_the_core(files, validator, key):
    table = "kernel" if key == "image_location" else "devices"
    for choice in validator.schema["properties"][table]["properties"][key]["enum"]:
        done = files.axvm("check", files.vm(**{table: f'{key} = "{choice}"'}))
        assert done.status == OK or "not forwarded" in done.err


def test_reference_is_what_the_command_says(files):
    """docs/reference/configuration.md holds the output of `axvm schema --markdown`."""
    done = files.axvm("schema", "--markdown")
    assert (done.status, done.err) == (OK, "")
    with open(REFERENCE, encoding="utf-8") as file:
        page = file.read()
    begin, end = "<!-- axvm schema --markdown -->\n", "<!-- end -->"
    assert page.split(begin)[1].split(end)[0].strip() == done.out.strip()


def test_reference_examples_pass(files):
    """What the page shows as whole files passes the check."""
    files.write("vmlinuz", (files.folder / "Image").read_bytes())
    with open(REFERENCE, encoding="utf-8") as file:
        examples = [part.split("```")[0] for part in file.read().split("```toml\n")[1:]]
    assert len(examples) >= 3
    for i, example in enumerate(examples):
        done = files.axvm("check", files.write(f"{i}.toml", example))
        assert done.status == OK, done


def test_usage(files):
    assert files.axvm("schema", "x").status == CONFIG
    assert files.axvm("schema", "--what").status == CONFIG
