//! A place in the list of classes, as an address has it.

use std::str::FromStr;

use server::Place;
use signaling::{GroupId, Timestamp};

/// A place in the list.
pub struct Spot(pub Place);

impl FromStr for Spot {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (millis, group) = text.split_once('.').ok_or(())?;
        let created_at = Timestamp::from_millis(millis.parse().map_err(|_| ())?);
        let group_id: GroupId = group.parse().map_err(|_| ())?;
        Ok(Self(Place { created_at, group_id }))
    }
}

impl Spot {
    /// Its text in an address.
    pub fn text(&self) -> String {
        format!("{}.{}", self.0.created_at.as_millis(), self.0.group_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_goes_through_an_address() {
        let place = Place {
            created_at: Timestamp::from_millis(1_795_420_799_123),
            group_id: GroupId::from_bytes([7; 16]),
        };
        let read: Result<Spot, ()> = Spot(place).text().parse();
        assert_eq!(read.map(|Spot(place)| place), Ok(place));
        for text in ["", "12", "x.y", "12.y"] {
            assert!(text.parse::<Spot>().is_err(), "{text}");
        }
    }
}
