//! Which known word somebody may have meant.

/// Words further away than this many are not compared: suggestions must not make a bad file slow.
const MOST_CANDIDATES: usize = 256;

/// Returns the known word that is nearest to the written one, if any is near enough to be meant.
///
/// Case, `-` and `_` do not count: `stale_after` is `staleAfter`.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = bare(written);
    let allowed = (plain.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .take(MOST_CANDIDATES)
        .map(|word| (strsim::osa_distance(&plain, &bare(word)), word))
        .filter(|(distance, word)| *distance <= allowed && *distance < word.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// A word as it is compared. Long ones are cut, since the comparison costs the product of both lengths.
fn bare(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_')).take(64).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_near_word_is_found_and_a_far_one_is_not() {
        let known = ["staleAfter", "interval", "phases", "min", "max"];
        for (written, meant) in [
            ("stale_after", Some("staleAfter")),
            ("intervall", Some("interval")),
            ("phase", Some("phases")),
            ("mni", Some("min")),
            ("fuse", None),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
    }
}
