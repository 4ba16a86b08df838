//! Regular expressions that Prometheus takes and refuses.

use super::*;

#[test]
fn valid_expressions_match_the_empty_text_or_not() {
    #[rustfmt::skip]
    let empty = ["", ".*", "a?", "a|", "(a|b)*", "^$", "(?i)", "a{0}", "a{0,3}", r"\Q\E", r"\B", "(?:)", "(?i:x)?", "x*?", "()+"];
    for pattern in empty {
        assert!(check(pattern).is_ok_and(|regex| regex.matches_empty), "{pattern}");
    }
    #[rustfmt::skip]
    let full = [
        "a", ".+", "a|b", "a*b", r"\d+", "[]a]", "[^]a]", "[a-]", "[a-z0-9_-]+", "[[:alpha:]]", "{,3}", "a{,3}", "{", "a{2", "a{01}",
        r"\Qa.b\E", r"\101", r"\x41", r"\x{1F600}", r"\pL", r"\p{^Greek}", r"[\d\-x]", "(?P<n>a)", "(?<n>a)", "(?s-i:a)", r"\_\.\/\<",
        "(a{2}){3}", "ü+", "[[a]", "[a&&b]", r"\bx", "x{1000}", "]", "}",
    ];
    for pattern in full {
        assert!(check(pattern).is_ok_and(|regex| !regex.matches_empty), "{pattern}");
    }
}

#[test]
fn mistakes_are_found_where_they_are() {
    #[rustfmt::skip]
    let cases = [
        ("a(b", 1), ("ab)", 2), ("*a", 0), ("a|*", 2), ("(+)", 1), ("a**", 2), ("a+?*", 3), ("a{2}{3}", 4), ("a{1001}", 1),
        ("a{3,2}", 1), ("(a{100}){100}", 8), ("ab[c", 2), ("[z-a]", 1), ("x[[:foo:]]", 2), (r"a\", 1), (r"a\1", 1), (r"\8", 0),
        (r"\Z", 0), (r"\C", 0), (r"\x4", 0), (r"\p{greek}", 0), (r"\pX", 0), ("a(?=b)", 1), ("(?<=b)", 0), ("(?x)", 0), ("(?P<>a)", 0),
        (r"a\Qb", 1), (r"[a-\d]", 3), (r"\ü", 0), ("(?i", 0), ("(?", 0), ("(?-)", 0), (r"\x{110000}", 0), ("[", 0), ("[]", 0),
    ];
    for (pattern, at) in cases {
        assert_eq!(check(pattern).map_err(|mistake| mistake.at), Err(at), "{pattern}");
    }
}

#[test]
fn deep_groups_are_refused() {
    assert!(check(&"(".repeat(100_000)).is_err());
    assert!(check(&format!("{}a{}", "(".repeat(150), ")".repeat(150))).is_ok());
}
