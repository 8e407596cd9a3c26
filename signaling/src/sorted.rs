//! A map in the order of its keys, as one sorted list.
//!
//! A browser folds the same events as the server, and fetches the code for it: that of B-trees is 4 KB of a
//! student's room, compressed (measured with `cargo xtask weigh`), and nearly all of it moves entries between
//! nodes. A list moves what comes after an entry instead, 24 bytes each: microseconds among ten thousand.

/// A map in the order of its keys; without values, a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sorted<K, V = ()> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<K: Ord, V> Sorted<K, V> {
    fn place(&self, key: &K) -> Result<usize, usize> {
        self.entries.binary_search_by(|(other, _)| other.cmp(key))
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.place(key).ok().map(|place| &self.entries[place].1)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.place(key).ok().map(|place| &mut self.entries[place].1)
    }

    /// Whether a key has a value.
    pub fn contains(&self, key: &K) -> bool {
        self.place(key).is_ok()
    }

    /// Gives a key a value, in the place of the one that it has; whether it had none.
    pub fn insert(&mut self, key: K, value: V) -> bool {
        match self.place(&key) {
            Ok(place) => {
                self.entries[place].1 = value;
                false
            }
            Err(place) => {
                self.entries.insert(place, (key, value));
                true
            }
        }
    }

    /// Takes a key out with its value; whether it had one.
    pub fn remove(&mut self, key: &K) -> bool {
        let place = self.place(key);
        if let Ok(place) = place {
            self.entries.remove(place);
        }
        place.is_ok()
    }
}

impl<K: Ord, V: Ord> Sorted<K, V> {
    /// What these entries come to, sorted at once; none when a key comes twice.
    pub fn of_distinct(mut entries: Vec<(K, V)>) -> Option<Self> {
        entries.sort_unstable();
        entries.windows(2).all(|pair| pair[0].0 != pair[1].0).then_some(Self { entries })
    }
}

impl<K, V> Sorted<K, V> {
    /// The keys, in their order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The values, to be changed, in the order of their keys.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<K: Ord> FromIterator<K> for Sorted<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut set = Self::default();
        for key in keys {
            set.insert(key, ());
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_tree_holds(steps in prop::collection::vec((0..20_u8, prop::option::of(any::<u8>())), 0..80)) {
            let (mut sorted, mut tree) = (Sorted::default(), BTreeMap::new());
            for (key, value) in steps {
                match value {
                    Some(value) => {
                        prop_assert_eq!(sorted.insert(key, value), tree.insert(key, value).is_none());
                    }
                    None => prop_assert_eq!(sorted.remove(&key), tree.remove(&key).is_some()),
                }
                prop_assert!(sorted.keys().eq(tree.keys()) && sorted.values().eq(tree.values()));
                prop_assert_eq!((sorted.len(), sorted.is_empty()), (tree.len(), tree.is_empty()));
                prop_assert!(sorted.values_mut().eq(tree.values_mut()));
                for key in 0..20 {
                    prop_assert_eq!(sorted.get(&key), tree.get(&key));
                    prop_assert_eq!(sorted.get_mut(&key), tree.get_mut(&key));
                    prop_assert_eq!(sorted.contains(&key), tree.contains_key(&key));
                }
            }
        }

        #[test]
        fn entries_are_sorted_at_once_unless_a_key_comes_twice(keys in prop::collection::vec(0..40_u8, 0..12)) {
            let entries: Vec<(u8, usize)> = keys.iter().copied().zip(0..).collect();
            let tree: BTreeMap<u8, usize> = entries.iter().copied().collect();
            match Sorted::of_distinct(entries) {
                Some(sorted) => {
                    prop_assert_eq!(tree.len(), keys.len());
                    prop_assert!(sorted.keys().eq(tree.keys()) && sorted.values().eq(tree.values()));
                }
                None => prop_assert!(tree.len() < keys.len()),
            }
        }

        #[test]
        fn a_set_has_each_key_once_and_in_order(keys in prop::collection::vec(any::<u8>(), 0..40)) {
            let set: Sorted<u8> = keys.iter().copied().collect();
            let tree: std::collections::BTreeSet<u8> = keys.into_iter().collect();
            prop_assert!(set.keys().eq(tree.iter()));
        }
    }
}
