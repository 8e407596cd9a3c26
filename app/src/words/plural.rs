//! Which form of a word goes with a number, by the categories of Unicode's CLDR.

/// How a number is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// So many: one hand, two hands.
    Cardinal,
    /// The so-many-eth: 1st, 2nd, 3rd, 11th.
    Ordinal,
}

/// The letter of a number's category in English, as a pattern has it; `*` is the general form.
pub const fn category(number: usize, counting: Counting) -> char {
    match (counting, number % 10, number % 100) {
        (Counting::Cardinal, _, _) if number == 1 => 'o',
        (Counting::Cardinal, _, _) | (Counting::Ordinal, _, 11..=13) => '*',
        (Counting::Ordinal, 1, _) => 'o',
        (Counting::Ordinal, 2, _) => 't',
        (Counting::Ordinal, 3, _) => 'f',
        (Counting::Ordinal, _, _) => '*',
    }
}
