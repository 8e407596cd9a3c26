//! The order of names: as the reader's language has it, where no letter with an accent stands behind
//! the last one without.

use std::cmp::Ordering;

use icu_collator::CollatorBorrowed;
use icu_collator::options::CollatorOptions;
use icu_locale_core::Locale;

use crate::request::languages;

/// An order of names.
pub struct Order(Option<CollatorBorrowed<'static>>);

impl Order {
    /// That of whoever asked for the page.
    pub fn of_reader() -> Self {
        Self::of(&languages())
    }

    /// That of the language that an `Accept-Language` likes best; where it says none, or none that
    /// has an order of its own, the one that Unicode has for all.
    fn of(languages: &str) -> Self {
        let best = best(languages).unwrap_or(Locale::UNKNOWN);
        let collator = |locale: &Locale| {
            CollatorBorrowed::try_new(locale.into(), CollatorOptions::default()).ok()
        };
        Self(collator(&best).or_else(|| collator(&Locale::UNKNOWN)))
    }

    /// Which of two names comes first.
    pub fn compare(&self, one: &str, other: &str) -> Ordering {
        self.0.as_ref().map_or_else(|| one.cmp(other), |collator| collator.compare(one, other))
    }
}

/// The first of the languages that are liked best.
fn best(languages: &str) -> Option<Locale> {
    let mut best = None;
    let mut most = 0.0;
    for language in languages.split(',') {
        let (tag, weight) = language.split_once(';').unwrap_or((language, ""));
        let weight = match weight.trim().strip_prefix("q=") {
            Some(weight) => weight.parse().unwrap_or(0.0),
            None => 1.0_f32,
        };
        if weight > most
            && let Ok(locale) = tag.trim().parse()
        {
            (best, most) = (Some(locale), weight);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(languages: &str) -> Vec<&'static str> {
        let order = Order::of(languages);
        let mut names = ["Zoe", "Łukasz", "Ágnes", "adam", "Åke", "Ada", "Öz", "Olga", "Lena"];
        names.sort_by(|one, other| order.compare(one, other));
        names.to_vec()
    }

    #[test]
    fn a_comes_before_z_as_the_reader_has_it() {
        let of_all = ["Ada", "adam", "Ágnes", "Åke", "Lena", "Łukasz", "Olga", "Öz", "Zoe"];
        for languages in ["", "*", "de-DE,de;q=0.9,sv;q=0.8", "nonsense that is none", "en", "xx"] {
            assert_eq!(sorted(languages), of_all, "{languages}");
        }
        let swedish = ["Ada", "adam", "Ágnes", "Lena", "Łukasz", "Olga", "Zoe", "Åke", "Öz"];
        for languages in ["sv", "sv-SE,sv;q=0.9,en;q=0.8", "en;q=0.5, sv;q=0.7"] {
            assert_eq!(sorted(languages), swedish, "{languages}");
        }
    }
}
