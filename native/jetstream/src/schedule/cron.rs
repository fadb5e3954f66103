//! Patterns of cron with six fields: second, minute, hour, day of the month, month, day of the week.

use crate::duration::SECOND;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, ZonedDateTime};

/// A pattern in a time zone.
#[derive(Debug, Clone)]
pub(super) struct Cron {
    second: Field,
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
    zone: TimeZone,
}

/// Which values a field allows.
#[derive(Debug, Clone, Copy)]
struct Field {
    values: u64,
    /// Written as `*` or `?`: of the two fields of days the other one decides.
    is_open: bool,
}

/// The values a field can have, and their names.
struct Range {
    first: u32,
    last: u32,
    names: &'static [&'static str],
}

const SIXTY: Range = Range {
    first: 0,
    last: 59,
    names: &[],
};
const HOURS: Range = Range { last: 23, ..SIXTY };
const DAYS: Range = Range {
    first: 1,
    last: 31,
    names: &[],
};
const MONTHS: Range = Range {
    first: 1,
    last: 12,
    names: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
};
const WEEKDAYS: Range = Range {
    first: 0,
    last: 6,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};

/// Years that are searched for a day that fits.
const MAX_YEARS: i16 = 5;

impl Cron {
    /// Reads a pattern; `None` if it is none.
    pub(super) fn parse(pattern: &str, zone: TimeZone) -> Option<Self> {
        let fields: Vec<&str> = pattern.split_whitespace().collect();
        let [second, minute, hour, day, month, weekday] = fields[..] else {
            return None;
        };
        Some(Self {
            second: Field::parse(second, &SIXTY)?,
            minute: Field::parse(minute, &SIXTY)?,
            hour: Field::parse(hour, &HOURS)?,
            day: Field::parse(day, &DAYS)?,
            month: Field::parse(month, &MONTHS)?,
            weekday: Field::parse(weekday, &WEEKDAYS)?,
            zone,
        })
    }

    /// The first time after `after` (nanoseconds since 1970) that fits; `None` if there is none within five years.
    pub(super) fn next(&self, after: i64) -> Option<i64> {
        let from = Timestamp::from_second(after.div_euclid(SECOND as i64).checked_add(1)?).ok()?;
        let mut at = from.to_zoned_datetime(self.zone.clone());
        let last_year = at.year() + MAX_YEARS;
        // Each step goes to the start of the next unit that may fit, and all is compared again. A day that fits is found
        // in some hundred steps, and the rest in a few dozen.
        while at.year() <= last_year {
            at = if !self.month.has(at.month()) {
                start_of_day(&at.first_of_month().ok()?, 1.month())?
            } else if !self.fits_day(&at) {
                start_of_day(&at, 1.day())?
            } else if !self.hour.has(at.hour()) {
                start_of_hour(&at)?
            } else if !self.minute.has(at.minute()) {
                start_of_minute(&at)?
            } else if !self.second.has(at.second()) {
                at.checked_add(1.second()).ok()?
            } else {
                return i64::try_from(at.timestamp().as_nanosecond()).ok();
            };
        }
        None
    }

    fn fits_day(&self, at: &ZonedDateTime) -> bool {
        let (day, weekday) = (
            self.day.has(at.day()),
            self.weekday.has(at.weekday().to_sunday_zero_offset()),
        );
        if self.day.is_open || self.weekday.is_open {
            day && weekday
        } else {
            day || weekday
        }
    }
}

fn start_of_day(at: &ZonedDateTime, later: Span) -> Option<ZonedDateTime> {
    let date = at.date().checked_add(later).ok()?;
    date.to_datetime(Time::midnight())
        .to_zoned_datetime(at.time_zone().clone())
        .ok()
}

/// The next full hour. Hours pass as on a stopwatch, so that one that the clocks repeat comes twice.
fn start_of_hour(at: &ZonedDateTime) -> Option<ZonedDateTime> {
    let into = i64::from(at.minute()) * 60 + i64::from(at.second());
    at.checked_add((3600 - into).seconds()).ok()
}

fn start_of_minute(at: &ZonedDateTime) -> Option<ZonedDateTime> {
    at.checked_add((60 - i64::from(at.second())).seconds()).ok()
}

impl Field {
    fn parse(text: &str, range: &Range) -> Option<Self> {
        let mut field = Self {
            values: 0,
            is_open: false,
        };
        for part in text.split(',').filter(|part| !part.is_empty()) {
            field.add(part, range)?;
        }
        // Nothing but commas: no time would ever fit.
        (field.values != 0).then_some(field)
    }

    /// Adds `*`, a value or a range, with a step if there is one.
    fn add(&mut self, part: &str, range: &Range) -> Option<()> {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => (span, Some(number(step).filter(|&step| step > 0)?)),
            None => (part, None),
        };
        let (first, last) = match span.split_once('-') {
            // What follows `*-` is not looked at.
            _ if is_open(span) => (range.first, range.last),
            Some((first, last)) => (range.value(first)?, range.value(last)?),
            None => {
                let first = range.value(span)?;
                (first, if step.is_some() { range.last } else { first })
            }
        };
        if first < range.first || last > range.last || first > last {
            return None;
        }
        self.is_open |= is_open(span) && step.is_none_or(|step| step == 1);
        let step = usize::try_from(step.unwrap_or(1)).ok()?;
        for value in (first..=last).step_by(step) {
            self.values |= 1 << value;
        }
        Some(())
    }

    fn has(self, value: i8) -> bool {
        self.values & (1 << value) != 0
    }
}

impl Range {
    fn value(&self, text: &str) -> Option<u32> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        match named {
            Some(place) => Some(place as u32 + self.first),
            None => number(text),
        }
    }
}

fn is_open(span: &str) -> bool {
    matches!(span.split('-').next(), Some("*" | "?"))
}

/// A number as Go reads it, with a plus if you like.
fn number(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}
