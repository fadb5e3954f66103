//! A stream import: subjects of another account, under the same or other names.

use crate::imports::rename::{InvalidImport, Rename};
use crate::interest::account::Account;
use nt_subject::{check_subject, intersection};
use std::borrow::Cow;
use std::sync::Arc;

/// A stream import, as it is written in a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamImportPlan {
    account: String,
    subject: Box<[u8]>,
    rename: Option<Rename>,
    allow_trace: bool,
}

impl StreamImportPlan {
    /// Imports `subject` of an account. `to`: what the importing account calls it, in the form of a transform's
    /// destination or with the same wildcards; `None`: the same.
    pub fn new(account: &str, subject: &str, to: Option<&str>) -> Result<Self, InvalidImport> {
        check_subject(subject.as_bytes()).map_err(|_| InvalidImport::Subject(subject.to_owned()))?;
        let to = to.filter(|&to| to != subject);
        Ok(Self {
            account: account.to_owned(),
            subject: subject.as_bytes().into(),
            rename: to.map(|to| Rename::new(subject, to)).transpose()?,
            allow_trace: false,
        })
    }

    /// The same; traces of its messages tell of the subscriptions of the importing account, or of its name only.
    pub fn with_trace(self, allow_trace: bool) -> Self {
        Self { allow_trace, ..self }
    }

    /// Whether traces of its messages tell of the subscriptions of the importing account.
    pub(crate) fn allows_trace(&self) -> bool {
        self.allow_trace
    }

    /// The name of the exporting account.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// What the importing account calls a subject of the exporting one.
    pub(crate) fn local_name<'a>(&self, subject: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(rename) = &self.rename else {
            return Cow::Borrowed(subject);
        };
        Cow::Owned(rename.local_name(subject))
    }
}

/// A stream import in force.
#[derive(Debug)]
pub(crate) struct StreamImport {
    plan: Arc<StreamImportPlan>,
    exporter: Arc<Account>,
}

impl StreamImport {
    /// The import of a plan. `exporter`: the account it names.
    pub fn new(plan: StreamImportPlan, exporter: Arc<Account>) -> Self {
        debug_assert_eq!(plan.account, exporter.name, "the account that the plan names");
        let plan = Arc::new(plan);
        Self { plan, exporter }
    }

    /// Whether it is the import of that plan from that account.
    pub fn is_of(&self, plan: &StreamImportPlan, exporter: &Arc<Account>) -> bool {
        *self.plan == *plan && Arc::ptr_eq(&self.exporter, exporter)
    }

    /// What it says.
    pub fn plan(&self) -> &Arc<StreamImportPlan> {
        &self.plan
    }

    /// The account whose subjects are imported.
    pub fn exporter(&self) -> &Arc<Account> {
        &self.exporter
    }

    /// What a subscription to `pattern` has to subscribe to in the exporting account. `None`: this import has nothing
    /// for it.
    pub fn copy_of(&self, pattern: &[u8]) -> Option<Vec<u8>> {
        let Some(rename) = &self.plan.rename else {
            return intersection(pattern, &self.plan.subject);
        };
        let local = intersection(pattern, rename.local())?;
        Some(rename.exported_name(&local))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interest::account::AccountIds;
    use nt_subject::literal_matches;

    fn import(subject: &str, to: Option<&str>) -> StreamImport {
        let exporter = Arc::new(Account::new(&AccountIds::new(1), "A", true));
        StreamImport::new(StreamImportPlan::new("A", subject, to).expect("an import"), exporter)
    }

    fn copy_of(import: &StreamImport, pattern: &str) -> Option<String> {
        let copy = import.copy_of(pattern.as_bytes());
        copy.map(|copy| String::from_utf8(copy).expect("text"))
    }

    #[test]
    fn a_subscription_gets_what_it_and_the_import_have_in_common() {
        let plain = import("a.*", None);
        for (pattern, wanted) in [
            ("a.*", Some("a.*")),
            ("a.b", Some("a.b")),
            (">", Some("a.*")),
            ("*.b", Some("a.b")),
            ("a.b.c", None),
            ("b.>", None),
        ] {
            assert_eq!(copy_of(&plain, pattern).as_deref(), wanted, "{pattern}");
        }
    }

    #[test]
    fn renamed_subjects_are_translated_in_both_directions() {
        let renamed = import("a.*.b.*", Some("x.$2.$1"));
        assert_eq!(copy_of(&renamed, "x.1.*").as_deref(), Some("a.*.b.1"));
        assert_eq!(copy_of(&renamed, "x.>").as_deref(), Some("a.*.b.*"));
        assert_eq!(copy_of(&renamed, "*.1.2").as_deref(), Some("a.2.b.1"));
        assert_eq!(copy_of(&renamed, "a.2.b.1"), None);
        assert_eq!(&*renamed.plan().local_name(b"a.2.b.1"), b"x.1.2");
        let prefixed = import("a.>", Some("p.a.>"));
        assert_eq!(copy_of(&prefixed, "p.*.c").as_deref(), Some("a.c"));
        assert_eq!(&*prefixed.plan().local_name(b"a.b.c"), b"p.a.b.c");
        let literal = import("a", Some("b.c"));
        assert_eq!(copy_of(&literal, "b.*").as_deref(), Some("a"));
        assert_eq!(&*literal.plan().local_name(b"a"), b"b.c");
    }

    #[test]
    fn what_a_copy_gets_has_a_name_that_its_original_matches() {
        let subjects = ["a.1.b.2", "a.b.b.c", "a.x.b.x"];
        let renamed = import("a.*.b.*", Some("x.$2.y.$1"));
        for pattern in ["x.>", "*.2.>", "x.*.y.1", "x.c.y.*", ">", "*.*.*.x"] {
            let copy = renamed.copy_of(pattern.as_bytes());
            for subject in subjects.map(str::as_bytes) {
                let wanted = literal_matches(&renamed.plan().local_name(subject), pattern.as_bytes());
                let got = copy.as_deref().is_some_and(|copy| literal_matches(subject, copy));
                assert_eq!(got, wanted, "{pattern}, {}", String::from_utf8_lossy(subject));
            }
        }
    }

    #[test]
    fn a_name_must_tell_the_subject() {
        let one_way = |subject: &str, to: &str| {
            matches!(
                StreamImportPlan::new("A", subject, Some(to)),
                Err(InvalidImport::OneWay { .. } | InvalidImport::Rename { .. })
            )
        };
        assert!(one_way("*.*", "$1.$1"));
        assert!(one_way("a", "{{partition(3)}}"));
        assert!(one_way("a.*", "b"));
        assert!(matches!(
            StreamImportPlan::new("A", "a..b", None),
            Err(InvalidImport::Subject(_))
        ));
    }
}
