//! The streams of a broker: by id, with their subscriptions in the interest of their accounts.

use crate::interest::Member;
use crate::interest::account::Account;
use crate::state::BrokerState;
use crate::streams::shared::{SharedStream, StreamRole};
use nt_jetstream::stream::{Stream, StreamConfig};
use nt_subject::{InvalidSubject, check_subject};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The streams of a broker. Its table is locked before an account's interest, never inside it.
#[derive(Debug, Default)]
pub struct Streams {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    last_id: u64,
    entries: BTreeMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    stream: Arc<SharedStream>,
    inlets: Vec<Inlet>,
}

/// A member of the account's interest, with its subscriptions.
#[derive(Debug)]
struct Inlet {
    role: StreamRole,
    member: u32,
    subscriptions: Vec<(Vec<u8>, u32)>,
}

impl Streams {
    /// Makes a stream. From now on messages on its subjects get into it, and requests on `direct_gets` are answered; of
    /// each of those the second part says from which byte of the subject on it has a filter.
    pub fn create(
        &self,
        broker: &Arc<BrokerState>,
        account: &Arc<Account>,
        config: StreamConfig,
        direct_gets: &[(Vec<u8>, usize)],
        random: u64,
    ) -> Result<Arc<SharedStream>, InvalidSubject> {
        let mut table = self.table.lock();
        table.last_id += 1;
        let id = table.last_id;
        let subjects = config.subjects.clone();
        let state = Stream::new(config, random);
        let stream = Arc::new(SharedStream::new(id, Arc::downgrade(broker), account.clone(), state));
        let mut entry = Entry {
            stream: stream.clone(),
            inlets: Vec::new(),
        };
        let mut roles: Vec<(StreamRole, Vec<Vec<u8>>)> = vec![(StreamRole::Store, subjects)];
        for (subject, filter_at) in direct_gets {
            let role = StreamRole::DirectGet { filter_at: *filter_at };
            roles.push((role, vec![subject.clone()]));
        }
        for (role, subjects) in roles {
            let added = entry.subscribe(role, &subjects);
            if let Err(invalid) = added {
                entry.unsubscribe();
                return Err(invalid);
            }
        }
        table.entries.insert(id, entry);
        Ok(stream)
    }

    /// The stream of an id.
    pub fn get(&self, id: u64) -> Option<Arc<SharedStream>> {
        self.table.lock().entries.get(&id).map(|entry| entry.stream.clone())
    }

    /// Has a stream capture other subjects from now on; those it captured before it captures without interruption.
    /// False: there is no stream of that id.
    pub fn capture(&self, id: u64, subjects: &[Vec<u8>]) -> Result<bool, InvalidSubject> {
        let mut table = self.table.lock();
        let Some(entry) = table.entries.get_mut(&id) else {
            return Ok(false);
        };
        entry.capture(subjects)?;
        Ok(true)
    }

    /// Removes a stream. No later message gets into it, and what waits is dropped. False: there is none of that id.
    pub fn remove(&self, id: u64) -> bool {
        let mut table = self.table.lock();
        let Some(entry) = table.entries.remove(&id) else {
            return false;
        };
        entry.stream.mark_removed();
        entry.unsubscribe();
        true
    }
}

impl Entry {
    fn subscribe(&mut self, role: StreamRole, subjects: &[Vec<u8>]) -> Result<(), InvalidSubject> {
        let mut interest = self.stream.account().interest().write();
        let member = interest.add_member(Member::stream(self.stream.inlet(role)));
        let mut inlet = Inlet {
            role,
            member,
            subscriptions: Vec::new(),
        };
        let added = subjects.iter().try_for_each(|subject| {
            let id = interest.add(member, subject, None, b"0")?;
            inlet.subscriptions.push((subject.clone(), id));
            Ok(())
        });
        drop(interest);
        self.inlets.push(inlet);
        added
    }

    fn capture(&mut self, subjects: &[Vec<u8>]) -> Result<(), InvalidSubject> {
        // All or none.
        subjects.iter().try_for_each(|subject| check_subject(subject))?;
        let Some(inlet) = self.inlets.iter_mut().find(|inlet| inlet.role == StreamRole::Store) else {
            return Ok(());
        };
        let mut interest = self.stream.account().interest().write();
        for subject in subjects {
            if !inlet.subscriptions.iter().any(|(known, _)| known == subject) {
                let id = interest.add(inlet.member, subject, None, b"0")?;
                inlet.subscriptions.push((subject.clone(), id));
            }
        }
        inlet.subscriptions.retain(|(known, id)| {
            let stays = subjects.contains(known);
            if !stays {
                interest.remove(*id);
            }
            stays
        });
        Ok(())
    }

    fn unsubscribe(self) {
        let mut interest = self.stream.account().interest().write();
        for inlet in self.inlets {
            interest.mark_removed(inlet.member);
            for (_, id) in inlet.subscriptions {
                interest.remove(id);
            }
            interest.remove_member(inlet.member);
        }
    }
}
