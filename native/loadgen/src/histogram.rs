//! Latencies of one loop for one client of the plan, and their report.
//!
//! An HDR histogram with 3 significant digits from 1 ns to an hour, which grows as needed. Messages that are stamped
//! and read together have the same latency. Equal values in a row are counted first and recorded once, so recording
//! every delivery is cheap.

use crate::report::HistogramReport;
use hdrhistogram::Histogram;

const HIGHEST_NS: u64 = 3_600_000_000_000;
const DIGITS: u8 = 3;

/// Made when the first value comes: most clients never record any.
#[derive(Debug, Default)]
pub struct Latencies {
    histogram: Option<Box<Histogram<u64>>>,
    sum_ns: u128,
    last: u64,
    run: u64,
}

impl Latencies {
    /// Counts one value; values above an hour count as an hour.
    #[inline]
    pub fn record(&mut self, value: u64) {
        if value != self.last {
            self.settle();
            self.last = value;
        }
        self.run += 1;
    }

    fn settle(&mut self) {
        if self.run > 0 {
            let value = self.last.clamp(1, HIGHEST_NS);
            let run = std::mem::take(&mut self.run);
            let histogram = self.histogram.get_or_insert_with(empty);
            histogram.record_n(value, run).expect("it grows as needed");
            self.sum_ns += u128::from(value) * u128::from(run);
        }
    }

    /// Adds the values of another loop.
    pub fn add(&mut self, other: &mut Self) {
        self.settle();
        other.settle();
        if let Some(theirs) = &other.histogram {
            let ours = self.histogram.get_or_insert_with(empty);
            ours.add(&**theirs).expect("it grows as needed");
            self.sum_ns += other.sum_ns;
        }
    }

    /// `None` when nothing was recorded.
    pub fn report(&mut self) -> Option<HistogramReport> {
        self.settle();
        let histogram = self.histogram.as_ref()?;
        Some(HistogramReport {
            count: histogram.len(),
            min_ns: histogram.min(),
            max_ns: histogram.max(),
            mean_ns: self.sum_ns as f64 / histogram.len() as f64,
            counts: histogram
                .iter_recorded()
                .map(|step| (step.value_iterated_to(), step.count_at_value()))
                .map(|(value, count)| (histogram.lowest_equivalent(value), count))
                .collect(),
        })
    }
}

fn empty() -> Box<Histogram<u64>> {
    Box::new(Histogram::new(DIGITS).expect("as many digits are possible"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value below which `share` of all values are, from the counts in the report.
    fn percentile(report: &HistogramReport, share: f64) -> f64 {
        let rank = (report.count as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for &(value, count) in &report.counts {
            seen += count;
            if seen >= rank {
                return value as f64;
            }
        }
        unreachable!("counts add up to count")
    }

    #[test]
    fn agrees_with_exact_percentiles() {
        let mut state = 7u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        // A long tail, as latencies have: e^(8..20) ns.
        let mut values: Vec<u64> = (0..200_000)
            .map(|_| (8.0 + 12.0 * next().powi(3)).exp() as u64)
            .collect();
        let (mut a, mut b) = (Latencies::default(), Latencies::default());
        for (i, &value) in values.iter().enumerate() {
            if i % 3 == 0 { a.record(value) } else { b.record(value) }
        }
        a.add(&mut b);
        let report = a.report().expect("values were recorded");
        values.sort_unstable();
        assert_eq!(report.count, values.len() as u64);
        for share in [0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0] {
            let rank = (values.len() as f64 * share).ceil().max(1.0) as usize;
            let exact = values[rank - 1] as f64;
            let told = percentile(&report, share);
            assert!((told - exact).abs() <= exact * 0.02, "p{share}: {told} against {exact}");
        }
        let mean = values.iter().sum::<u64>() as f64 / values.len() as f64;
        assert!((report.mean_ns - mean).abs() < mean * 0.001);
    }

    #[test]
    fn runs_of_one_value_count_fully() {
        let mut latencies = Latencies::default();
        for _ in 0..1000 {
            latencies.record(5000);
        }
        latencies.record(0);
        let report = latencies.report().expect("values were recorded");
        assert_eq!(report.count, 1001);
        assert_eq!(report.counts.iter().map(|(_, count)| count).sum::<u64>(), 1001);
        assert_eq!(report.counts.last().map(|(_, count)| *count), Some(1000));
    }

    #[test]
    fn nothing_recorded_is_nothing_told() {
        assert!(Latencies::default().report().is_none());
    }
}
