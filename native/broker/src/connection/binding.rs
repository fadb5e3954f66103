//! The account and the user of a connection: bound when it is accepted, maybe to others at its CONNECT. A reload may
//! bind it to other versions of them, never to another account.
//!
//! Changes both together with what depends on them: the shard's bindings, the broker's directory, subscriptions and
//! cached results. Callers set the permissions.

use crate::connection::Conn;
use crate::interest::account::Account;
use crate::plan::bindings::Binding;
use crate::plan::in_force::Identified;
use crate::shard::Shard;
use std::sync::Arc;

impl Conn {
    fn binding(&self) -> Binding<'_> {
        Binding {
            broker: self.broker.id,
            account: self.account.id,
            user: self.identified.user_name(),
        }
    }

    /// It is this user from now on, in the user's account.
    fn set_identified(&mut self, identified: Identified) {
        self.account = identified.account.account.clone();
        self.limits = identified.account.limits_under(&self.plan.config);
        self.identified = identified;
    }
}

impl Shard {
    /// From now on a change of its account or user finds the connection.
    pub(crate) fn bind(&mut self, slot: u32) {
        let conn = &self.connections[slot];
        self.bindings.add(slot, conn.binding());
    }

    /// A connection closes or moves to another loop.
    pub(crate) fn unbind(&mut self, slot: u32) {
        let conn = &self.connections[slot];
        self.bindings.remove(slot, conn.binding());
    }

    /// A connection is another user from now on, maybe in another account. False: that account is full. Then the
    /// connection has nothing left in its own account and must be closed.
    #[must_use]
    pub(crate) fn rebind(&mut self, slot: u32, identified: Identified) -> bool {
        let account = &identified.account.account;
        let stays = Arc::ptr_eq(account, &self.connections[slot].account);
        let enters = stays || self.leave_account(slot, account);
        if enters {
            self.identify_as(slot, identified);
        }
        enters
    }

    /// A connection is another user, or another version of the same one, in the account that it has joined.
    pub(crate) fn identify_as(&mut self, slot: u32, identified: Identified) {
        self.unbind(slot);
        let (before, now) = (
            self.connections[slot].account_part().clone(),
            identified.account.clone(),
        );
        self.connections[slot].set_identified(identified);
        self.bind(slot);
        if Arc::ptr_eq(&before.account, &now.account) {
            self.follow_imports(slot, &before, &now);
        }
    }

    /// Ends what a connection has in its account before it goes to another one. False: that one is full.
    fn leave_account(&mut self, slot: u32, to: &Arc<Account>) -> bool {
        self.drop_subscriptions(slot);
        // Messages and ends of subscriptions that are in the inbox belong to the old account: they must not be mistaken
        // for those of the new one.
        self.drain_deliveries();
        let conn = &mut self.connections[slot];
        conn.client_mut().clear_grants();
        conn.forget_decisions();
        conn.publish_in_counters();
        conn.publish_out_counters();
        conn.broker.directory().rebind(&conn.shared, to)
    }
}
