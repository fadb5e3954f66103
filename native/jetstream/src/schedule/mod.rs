//! Schedules of messages (`Nats-Schedule`, ADR-51): once at a time, at intervals, or as cron says.

mod cron;

use self::cron::Cron;
use crate::duration::{SECOND, parse_duration};
use crate::time::parse_time;
use jiff::tz::TimeZone;
use thiserror::Error;

/// When a message is to be published.
#[derive(Debug, Clone)]
pub struct Schedule {
    rule: Rule,
}

#[derive(Debug, Clone)]
enum Rule {
    At(i64),
    Every(i64),
    Cron(Box<Cron>),
}

/// A time at which a message is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Nanoseconds since 1970.
    pub at: i64,
    /// Whether another time follows.
    pub repeats: bool,
}

/// Why there is no schedule.
#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
pub enum ScheduleError {
    /// The pattern is malformed, never comes true within five years, or has a time zone it can't have.
    #[error("message schedules pattern is invalid")]
    Pattern,
    /// There is no such time zone.
    #[error("message schedules time zone is invalid")]
    TimeZone,
}

impl Schedule {
    /// Reads a pattern and the name of a time zone, which only cron may have.
    pub fn parse(pattern: &[u8], time_zone: Option<&[u8]>) -> Result<Self, ScheduleError> {
        let zone = time_zone.map(named_zone).transpose()?;
        let pattern = std::str::from_utf8(pattern).map_err(|_| ScheduleError::Pattern)?;
        let rule = if let Some(time) = pattern.strip_prefix("@at ") {
            Rule::At(parse_time(time).ok_or(ScheduleError::Pattern)?)
        } else if let Some(interval) = pattern.strip_prefix("@every ") {
            let interval = parse_duration(interval.as_bytes()).filter(|&interval| interval >= SECOND as i64);
            Rule::Every(interval.ok_or(ScheduleError::Pattern)?)
        } else {
            let cron = Cron::parse(written_out(pattern), zone.clone().unwrap_or(TimeZone::UTC));
            return Ok(Self {
                rule: Rule::Cron(Box::new(cron.ok_or(ScheduleError::Pattern)?)),
            });
        };
        if zone.is_some() {
            return Err(ScheduleError::Pattern);
        }
        Ok(Self { rule })
    }

    /// The next time after `after`, which is when the message was published, or was due last. Of the times missed before
    /// `now` none is made up for, except one that is due once. `None`: never within five years.
    pub fn next(&self, after: i64, now: i64) -> Option<Due> {
        let at = match &self.rule {
            Rule::At(at) => {
                return Some(Due {
                    at: *at,
                    repeats: false,
                });
            }
            Rule::Every(interval) => {
                let next = rounded(after).saturating_add(*interval);
                if next < now {
                    rounded(now).saturating_add(*interval)
                } else {
                    next
                }
            }
            Rule::Cron(cron) => {
                let next = cron.next(after)?;
                if next < now { cron.next(rounded(now))? } else { next }
            }
        };
        Some(Due { at, repeats: true })
    }
}

/// To the nearest second.
fn rounded(time: i64) -> i64 {
    let second = SECOND as i64;
    let into = time.rem_euclid(second);
    let down = time - into;
    if into * 2 >= second {
        down.saturating_add(second)
    } else {
        down
    }
}

fn named_zone(name: &[u8]) -> Result<TimeZone, ScheduleError> {
    let name = std::str::from_utf8(name).map_err(|_| ScheduleError::TimeZone)?;
    let zone = jiff::tz::db().get(name).map_err(|_| ScheduleError::TimeZone)?;
    // The database ignores case; the reference does not.
    if zone.iana_name() != Some(name) {
        return Err(ScheduleError::TimeZone);
    }
    Ok(zone)
}

fn written_out(pattern: &str) -> &str {
    match pattern {
        "@yearly" | "@annually" => "0 0 0 1 1 *",
        "@monthly" => "0 0 0 1 * *",
        "@weekly" => "0 0 0 * * 0",
        "@daily" | "@midnight" => "0 0 0 * * *",
        "@hourly" => "0 0 * * * *",
        cron => cron,
    }
}

#[cfg(test)]
mod tests;
