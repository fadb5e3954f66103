//! The listeners of a plan. Has addresses only: the reactor binds them.

/// The kind of connection that a listener accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerKind {
    /// Clients, in the client protocol over TCP.
    Client,
}

impl ListenerKind {
    const ALL: [(Self, &str); 1] = [(Self::Client, "client")];

    /// Its name in a plan.
    pub fn as_str(self) -> &'static str {
        let of = |(kind, _): &&(Self, &str)| *kind == self;
        Self::ALL.iter().find(of).map_or("", |(_, name)| name)
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, n)| *n == name).map(|(kind, _)| *kind)
    }
}

/// One listener of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerPlan {
    /// The kind of connection it accepts.
    pub kind: ListenerKind,
    /// A name or an address.
    pub host: String,
    /// 0: any free one.
    pub port: u16,
}
