//! The account and the user of a connection: bound when it is accepted, maybe to others at its CONNECT or at a reload.
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

    /// A connection is another user from now on, maybe in another account. Nothing changes if it is the same.
    pub(crate) fn rebind(&mut self, slot: u32, identified: Identified) {
        let account = &identified.account.account;
        if !Arc::ptr_eq(account, &self.connections[slot].account) {
            self.leave_account(slot, account);
        }
        self.unbind(slot);
        self.connections[slot].set_identified(identified);
        self.bind(slot);
    }

    /// Ends what a connection has in its account before it goes to another one.
    fn leave_account(&mut self, slot: u32, to: &Arc<Account>) {
        self.drop_subscriptions(slot);
        // Messages and ends of subscriptions that are in the inbox belong to the old account: they must not be mistaken
        // for those of the new one.
        self.drain_deliveries();
        let conn = &mut self.connections[slot];
        conn.client_mut().clear_grants();
        conn.forget_decisions();
        conn.publish_in_counters();
        conn.publish_out_counters();
        conn.broker.directory().rebind(&conn.shared, to);
    }
}
