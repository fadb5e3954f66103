//! The kinds of connection a user may be restricted to.

/// Some of the kinds, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionTypes(u8);

const NAMES: [&str; 7] = [
    "STANDARD",
    "WEBSOCKET",
    "LEAFNODE",
    "LEAFNODE_WS",
    "MQTT",
    "MQTT_WS",
    "IN_PROCESS",
];

impl ConnectionTypes {
    /// All kinds: no restriction.
    pub const ALL: Self = Self((1 << NAMES.len()) - 1);
    /// Clients over TCP.
    pub const STANDARD: Self = Self(1);

    /// The kinds of these names; the error is an unknown name.
    pub fn named<Name: AsRef<str>>(names: &[Name]) -> Result<Self, &str> {
        let mut set = 0;
        for name in names.iter().map(AsRef::as_ref) {
            let at = NAMES.iter().position(|known| *known == name).ok_or(name)?;
            set |= 1 << at;
        }
        Ok(Self(set))
    }

    /// Whether all of these are among them.
    pub fn include(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_the_kinds_it_names() {
        let some = ConnectionTypes::named(&["WEBSOCKET", "MQTT"]).expect("known");
        assert!(!some.include(ConnectionTypes::STANDARD));
        assert!(ConnectionTypes::ALL.include(some));
        assert!(!some.include(ConnectionTypes::ALL));
        let one = ConnectionTypes::named(&["STANDARD"]);
        assert_eq!(one, Ok(ConnectionTypes::STANDARD));
        assert_eq!(ConnectionTypes::named(&NAMES), Ok(ConnectionTypes::ALL));
        assert_eq!(ConnectionTypes::named(&["STANDARD", "standard"]), Err("standard"));
    }
}
