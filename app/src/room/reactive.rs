//! Signals and memos whose type is erased: what a page reads, and what follows from that.
//!
//! Those of Leptos are generic, and a browser fetches the code that reads, tracks, changes and compares a value
//! once more for each type: for some forty of them 5 KB of a student's room and 9 of a teacher's, compressed
//! (measured with `cargo xtask weigh`). Here that code is there once; what is left for each type is a cast.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use leptos::prelude::*;

/// A value of any type.
pub type Shared = Arc<dyn Any + Send + Sync>;

/// A value and how often it has changed: that tells two apart, whatever they are.
#[derive(Clone)]
pub struct Versioned {
    version: u32,
    value: Shared,
}

impl PartialEq for Versioned {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
    }
}

fn cast<T: 'static>(value: &Shared) -> &T {
    // It was made of this type.
    value.downcast_ref().unwrap_or_else(|| unreachable!())
}

/// A value that can be read, and followed: a [`Source`] or what is [`Derived`].
pub struct Value<T, N> {
    node: N,
    of: PhantomData<fn() -> T>,
}

/// A value that is set, and that tells who follows it of each change.
pub type Source<T> = Value<T, RwSignal<Shared>>;

/// What follows from other values: worked out when it is read and they have changed, and told on only when
/// it is another than before.
pub type Derived<T> = Value<T, Memo<Versioned>>;

impl<T: 'static, N: Node> Value<T, N> {
    /// The value.
    pub fn get(self) -> T
    where
        T: Clone,
    {
        cast::<T>(&self.node.follow()).clone()
    }

    /// The value at this moment; nothing follows it.
    pub fn get_untracked(self) -> T
    where
        T: Clone,
    {
        cast::<T>(&self.node.peek()).clone()
    }

    /// Looks at the value.
    pub fn with<U>(self, look: impl FnOnce(&T) -> U) -> U {
        look(cast(&self.node.follow()))
    }

    /// Looks at the value of this moment; nothing follows it.
    pub fn with_untracked<U>(self, look: impl FnOnce(&T) -> U) -> U {
        look(cast(&self.node.peek()))
    }

    /// Follows the value without looking at it.
    pub fn track(self) {
        drop(self.node.follow());
    }
}

impl<T: Send + Sync + 'static> Source<T> {
    /// A value to begin with.
    pub fn new(value: T) -> Self {
        Self { node: held(Arc::new(value)), of: PhantomData }
    }

    /// Sets the value.
    pub fn set(self, value: T) {
        replace(self.node, Arc::new(value));
    }

    /// Takes the value, and leaves what is there without one.
    #[cfg(feature = "browser")]
    pub fn take(self) -> T
    where
        T: Default,
    {
        let mut taken = T::default();
        self.update(|value| taken = std::mem::take(value));
        taken
    }

    /// Changes the value where it is. Nobody may be looking at it.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        let mut change = Some(change);
        change_held(self.node, &mut |value| {
            if let (Some(value), Some(change)) = (value.downcast_mut(), change.take()) {
                change(value);
            }
        });
    }
}

impl<T: PartialEq + Send + Sync + 'static> Derived<T> {
    /// What is worked out so. The argument is what it was before.
    pub fn new(work_out: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Self {
        let work_out = move |before: Option<&Versioned>| {
            let value = work_out(before.map(|before| cast(&before.value)));
            match before {
                Some(before) if *cast::<T>(&before.value) == value => before.clone(),
                Some(before) => {
                    Versioned { version: before.version.wrapping_add(1), value: Arc::new(value) }
                }
                None => Versioned { version: 0, value: Arc::new(value) },
            }
        };
        Self { node: derived(Box::new(work_out)), of: PhantomData }
    }
}

// The graph, once for all types. Nothing of it is copied to where it is called from.

/// What holds a value in the graph.
pub trait Node: Copy {
    /// The value, which is followed.
    fn follow(self) -> Shared;
    /// The value at this moment.
    fn peek(self) -> Shared;
}

impl Node for RwSignal<Shared> {
    #[inline(never)]
    fn follow(self) -> Shared {
        self.get()
    }

    #[inline(never)]
    fn peek(self) -> Shared {
        self.get_untracked()
    }
}

impl Node for Memo<Versioned> {
    #[inline(never)]
    fn follow(self) -> Shared {
        self.get().value
    }

    #[inline(never)]
    fn peek(self) -> Shared {
        self.get_untracked().value
    }
}

#[inline(never)]
fn held(value: Shared) -> RwSignal<Shared> {
    RwSignal::new(value)
}

#[inline(never)]
fn replace(held: RwSignal<Shared>, value: Shared) {
    held.set(value);
}

#[inline(never)]
fn change_held(held: RwSignal<Shared>, change: &mut dyn FnMut(&mut dyn Any)) {
    held.update(|value| change(Arc::get_mut(value).unwrap_or_else(|| unreachable!())));
}

type WorkOut = dyn Fn(Option<&Versioned>) -> Versioned + Send + Sync;

#[inline(never)]
fn derived(work_out: Box<WorkOut>) -> Memo<Versioned> {
    Memo::new(work_out)
}

impl<T, N: Copy> Clone for Value<T, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, N: Copy> Copy for Value<T, N> {}

impl<T, N> fmt::Debug for Value<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Runs where there is somebody to own what is made.
    fn owned(test: impl FnOnce()) {
        Owner::new().with(test);
    }

    #[test]
    fn a_source_holds_what_was_set_last() {
        owned(|| {
            let words = Source::new(vec!["one"]);
            words.update(|words| words.push("two"));
            assert_eq!(words.get(), ["one", "two"]);
            words.set(vec!["three"]);
            assert_eq!(words.with(Vec::len), 1);
            assert_eq!(words.get_untracked(), words.with_untracked(Clone::clone));
        });
    }

    #[test]
    fn what_follows_is_worked_out_when_it_is_read_and_something_has_changed() {
        owned(|| {
            let times = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&times);
            let number = Source::new(1);
            let double = Derived::new(move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
                number.get() * 2
            });
            let worked_out = || times.load(Ordering::Relaxed);
            assert_eq!(worked_out(), 0);
            assert_eq!((double.get(), double.get_untracked(), worked_out()), (2, 2, 1));
            number.set(4);
            assert_eq!(worked_out(), 1);
            assert_eq!((double.get(), double.with(|it| *it), worked_out()), (8, 8, 2));
        });
    }

    #[test]
    fn who_follows_hears_nothing_when_it_comes_to_the_same() {
        owned(|| {
            let times = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&times);
            let number = Source::new(1);
            let is_odd = Derived::new(move |_| number.with(|number| number % 2 == 1));
            let words = Derived::new(move |before: Option<&String>| {
                counted.fetch_add(1, Ordering::Relaxed);
                let before = before.map_or("", String::as_str);
                format!("{before}{}", if is_odd.get() { "odd " } else { "even " })
            });
            for (set, heard, times_heard) in
                [(3, "odd ", 1), (5, "odd ", 1), (6, "odd even ", 2), (7, "odd even odd ", 3)]
            {
                number.set(set);
                assert_eq!(words.get(), heard);
                assert_eq!(times.load(Ordering::Relaxed), times_heard);
            }
        });
    }
}
