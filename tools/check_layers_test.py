#!/usr/bin/env python3
"""Tests of check_layers.py on made-up houses: every rule must find its fault, and a good house has none."""

import tempfile
import unittest
from pathlib import Path

import check_layers

LAYERS = """
0 base: | text.h
1 left: base | left.h
1 right: base | right.h
2 top: base left right |
library re2 <re2/>: left
library system <unistd.h>: base
"""

GOOD = {
    "src/base/text.h": "#pragma once\n#include <string>\n",
    "src/base/text.cc": '#include "base/text.h"\n',
    "src/base/CMakeLists.txt": "cairn_room(base)\n",
    "src/left/left.h": '#pragma once\n#include "base/text.h"\n',
    "src/left/left.cc": '#include "left/left.h"\n\n#include <re2/re2.h>\n\n#include "left/private.h"\n',
    "src/left/left_test.cc": '#include <gtest/gtest.h>\n#include <unistd.h>\n#include "left/private.h"\n',
    "src/left/private.h": "#pragma once\n",
    "src/left/CMakeLists.txt": "cairn_room(left THREADS DEPS base LIBS re2)\n",
    "src/right/right.h": "#pragma once\n",
    "src/right/CMakeLists.txt": "cairn_room(right DEPS base)\n",
    "src/top/main.cc": '#include "left/left.h"\n#include "right/right.h"\n',
    "src/top/CMakeLists.txt": "add_executable(top main.cc)\ntarget_link_libraries(top PRIVATE cairn_left cairn_right)\n",
}


def problems_of(changes, layers=LAYERS):
    """Builds the good house with some files replaced (None: removed) and returns what the check says, as one text."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "layers.txt").write_text(layers)
        for name, text in {**GOOD, **changes}.items():
            if text is not None:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
        return "\n".join(check_layers.check(root)[0])


class CheckLayersTest(unittest.TestCase):
    def test_a_good_house_has_no_problems(self):
        self.assertEqual(problems_of({}), "")

    def test_every_rule_finds_its_fault(self):
        cases = [
            # (file, its text, what must be said)
            ("src/left/left.h", '#pragma once\n#include "right/right.h"\n', 'src/left/left.h:2: left must not include "right/right.h"'),
            ("src/base/text.cc", '#include "base/text.h"\n#include "left/left.h"\n', 'src/base/text.cc:2: base must not include "left/left.h"'),
            ("src/top/main.cc", '#include "left/left.h"\n#include "right/right.h"\n#include "left/private.h"\n', '"left/private.h" is not a door of left'),
            ("src/top/main.cc", '#include "main.h"\n', '"main.h" is not written as room/header.h'),
            ("src/right/right.h", "#pragma once\n#include <re2/set.h>\n", "<re2/set.h>: re2 is for left only"),
            ("src/right/right.h", "#pragma once\n#include <unistd.h>\n", "<unistd.h>: system is for base only"),
            ("src/right/right.h", "#pragma once\n#include <boost/asio.hpp>\n", "<boost/asio.hpp> belongs to no library line"),
            ("src/right/right.h", "#pragma once\n#include <gtest/gtest.h>\n", "<gtest/gtest.h> is for tests only"),
            ("src/right/right.h", "#include <string>\n", "a header begins with #pragma once"),
            ("src/right/lonely.h", "#pragma once\n", "src/right/lonely.h: nobody includes this file"),
            ("src/base/text.cc", '#include <string>\n\n#include "base/text.h"\nvoid f() { throw 1; }\n', "src/base/text.cc:4: our code does not throw"),
            ("src/base/text.cc", '#include "base/text.h"\nint* f() { return new int; }\n', "src/base/text.cc:2: raw new"),
            ("src/base/text.cc", '#include "base/text.h"\nvoid f(int* p) { delete p; }\n', "src/base/text.cc:2: raw delete"),
            ("src/base/text.cc", '#include "base/text.h"\n// TODO: later\n', "a TODO carries an issue number"),
            ("src/left/left.cc", '#include "left/private.h"\n#include "left/left.h"\n', 'includes "left/left.h", its own header, first'),
            ("src/left/CMakeLists.txt", "cairn_room(left DEPS base right)\n", "links right, which layers.txt does not allow"),
            ("src/left/CMakeLists.txt", "cairn_room(left LIBS re2)\n", "includes base but does not name it in DEPS"),
            ("src/top/CMakeLists.txt", "add_executable(top main.cc)\ntarget_link_libraries(top PRIVATE cairn_left)\n", "includes right but does not name it"),
            ("src/attic/attic.h", "#pragma once\n", "src/attic: layers.txt knows no such room"),
            ("src/right/right.h", None, "layers.txt: right has no header right.h"),
        ]
        for name, text, expected in cases:
            changes = {name: text}
            if text is None:
                changes["src/right/other.h"] = "#pragma once\n"
            with self.subTest(expected):
                self.assertIn(expected, problems_of(changes))

    def test_what_only_looks_like_a_fault_is_left_alone(self):
        text = '\n'.join(['#include "base/text.h"', "// we never throw; a new idea", 'const char* a = "throw new x";', 'auto b = R"(throw)";',
                          "struct S { S(const S&) = delete; };", "auto s = std::unique_ptr<S>(new S());", "char c = '\"'; int n = 1'000;",
                          "// TODO(#12): later",
                          "void f() { throw 1; }  // tidy: allow throw, the library's own way to stop", ""])
        self.assertEqual(problems_of({"src/base/text.cc": text}), "")

    def test_the_plan_itself_is_checked(self):
        cases = [
            ("1 left: base right |\n1 right: |\n0 base: |\n", "left (floor 1) may include right (floor 1): only lower floors"),
            ("0 base: cellar |\n", "base may include cellar, which is no room"),
            ("base may include everything\n", "layers.txt:1: cannot read this line"),
        ]
        for layers, expected in cases:
            with self.subTest(expected):
                self.assertIn(expected, problems_of({}, layers))

    def test_long_functions_are_listed_with_their_place(self):
        body = "".join("  f();\n" for _ in range(100))
        text = "namespace cairn {\n\nint small() {\n  return 1;\n}\n\nvoid Thing::walk(int a,\n                 int b) {\n" + body + "}\n\n}  // namespace cairn\n"
        self.assertEqual([(7, 103, "Thing::walk")], [found for found in check_layers.functions(text) if found[1] > 70])


if __name__ == "__main__":
    unittest.main()
