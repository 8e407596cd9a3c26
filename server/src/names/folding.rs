//! Search keys of names: normalized (NFKC), with case and invisible characters folded away.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

/// The text without its case, in one of the ways in which Unicode can write it: letters composed
/// with their accents, wide, narrow and joined ones as plain ones, nothing that cannot be seen, and
/// white space as single spaces. A file keeps names so: whoever changes this empties `name_folded` in
/// a migration, after which the next start fills it anew.
pub(crate) fn fold(text: &str) -> String {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let plain: String = DecomposingNormalizerBorrowed::new_nfkd()
        .normalize_iter(text.chars())
        .filter(|c| !ignorable.contains(*c))
        // By way of the large letters, for some small ones share one: ß and ss, ς and σ.
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    ComposingNormalizerBorrowed::new_nfkc().normalize(&words.join(" ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_alike_is_folded_alike() {
        for (written, typed) in [
            ("\u{c4}therchemie", "A\u{308}THERCHEMIE"),
            ("Straße", "STRASSE"),
            ("ΟΔΟΣ", "οδος"),
            ("Ｍａｔｈｓ ９Ｂ", "maths 9b"),
            ("ﬁsica", "FISICA"),
            ("Bio\u{ad}logy\u{a0} 9B", "biology 9b"),
            ("Việt", "Vie\u{323}\u{302}t"),
            ("ΐ", "Ϊ\u{301}"),
            ("한국어", "\u{1112}\u{1161}\u{11ab}국어"),
            ("\u{1f0}", "J\u{30c}"),
            ("İstanbul", "i\u{307}stanbul"),
        ] {
            assert_eq!(fold(written), fold(typed), "{written} {typed}");
            assert_eq!(fold(&fold(written)), fold(written), "{written}");
        }
        assert_ne!(fold("Ather"), fold("Äther"));
    }
}
