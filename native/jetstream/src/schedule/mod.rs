//! Schedules of messages (`Nats-Schedule`, ADR-51): once at a time, at intervals, or as cron says.

mod cron;

use self::cron::Cron;
use crate::duration::{SECOND, parse_duration};
use jiff::Timestamp;
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

/// Reads a time of RFC 3339 in exactly its form, with any number of digits behind the second.
fn parse_time(text: &str) -> Option<i64> {
    const FORM: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let bytes = text.as_bytes();
    let has_form = FORM.iter().enumerate().all(|(place, &form)| match bytes.get(place) {
        Some(byte) if form == b'd' => byte.is_ascii_digit(),
        Some(&byte) => byte == form,
        None => false,
    });
    if !has_form || &text[17..19] == "60" {
        return None;
    }
    let (fraction, zone) = match bytes[19..].first() {
        Some(b'.' | b',') => {
            let digits = bytes[20..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            (&text[20..20 + digits.min(9)], &text[20 + digits..])
        }
        _ => ("0", &text[19..]),
    };
    if !is_offset(zone.as_bytes()) {
        return None;
    }
    let exact: Timestamp = format!("{}.{fraction}{zone}", &text[..19]).parse().ok()?;
    i64::try_from(exact.as_nanosecond()).ok()
}

fn is_offset(text: &[u8]) -> bool {
    match text {
        b"Z" => true,
        [b'+' | b'-', a, b, b':', c, d] => [a, b, c, d].into_iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
