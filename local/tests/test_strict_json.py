"""What each parser refuses ends the check, with its name and the text."""

import unittest

from local.strict_json import NotStrictError, by_jq, by_node, by_python, check

STRICT = ['{"a": [1, -0.0, 1e300, "\\ud83d\\ude00", "�"]}', "null", '{"a": 1, "a": 2}', '"\\u0000"']


class StrictJson(unittest.TestCase):
    def test_strict_texts_are_counted(self) -> None:
        self.assertEqual(check("".join(f"\x1e{text}\n" for text in STRICT)), len(STRICT))
        self.assertEqual(check(""), 0)

    def test_each_parser_refuses_what_it_cannot_read(self) -> None:
        broken = ['{"a": NaN}', "", "{", "[1] 2", "{'a': 1}"]
        for parse, texts in [
            (by_python, [*broken, '"\\ud83d"', "[Infinity]"]),
            # jq itself takes NaN.
            (by_jq, [*broken[1:], "[" * 20_000 + "]" * 20_000]),
            (by_node, broken),
        ]:
            for text in texts:
                with (
                    self.subTest(parse=parse.__name__, text=text[:40]),
                    self.assertRaises(NotStrictError) as caught,
                ):
                    parse([*STRICT, text])
                self.assertIn(repr(text[:40])[1:-1], str(caught.exception))


if __name__ == "__main__":
    unittest.main()
