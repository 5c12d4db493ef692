//! The fairness study as one HTML page. Each chart shows one statistic: by horizon, a dot per
//! estimator with its interval.

use std::fmt::Write;

use crate::report::axis::{Scale, number};
use crate::report::html::{document, escape, section};
use crate::study::analysis::{EstimatorScore, Report};
use crate::study::statistics::Interval;
use crate::study::table;

const WIDTH: f64 = 480.0;
const LEFT: f64 = 120.0;
const RIGHT: f64 = 16.0;
const ROW: f64 = 19.0;

/// A chart of one statistic of the estimators.
struct StatisticChart {
    title: &'static str,
    note: &'static str,
    of: fn(&EstimatorScore) -> Option<Interval>,
}

const CHARTS: [StatisticChart; 8] = [
    StatisticChart {
        title: "Correlation with the truth: the session's own reward",
        note: "Higher is better. Each session sample (one session of one rollout) has the same weight.",
        of: |score| score.session_correlation,
    },
    StatisticChart {
        title: "Correlation with the truth: the trajectory's return",
        note: "Higher is better.",
        of: |score| score.return_correlation,
    },
    StatisticChart {
        title: "Right sign: the session's own reward",
        note: "Of samples whose truth is two standard errors from 0. Chance is 0.5.",
        of: |score| score.session_sign,
    },
    StatisticChart {
        title: "Right sign: the trajectory's return",
        note: "Of samples whose truth is two standard errors from 0.",
        of: |score| score.return_sign,
    },
    StatisticChart {
        title: "Bias",
        note: "Root mean squared difference of an estimator's mean from its truth, in standard deviations of that truth. Lower is better.",
        of: |score| score.bias,
    },
    StatisticChart {
        title: "Noise",
        note: "Root mean variance about the mean, in the same unit. Lower is better.",
        of: |score| score.noise,
    },
    StatisticChart {
        title: "By token: the session's own reward",
        note: "The first correlation; each generated token has the same weight.",
        of: |score| score.session_correlation_by_token,
    },
    StatisticChart {
        title: "By token: the trajectory's return",
        note: "The second correlation; each generated token has the same weight.",
        of: |score| score.return_correlation_by_token,
    },
];

/// Returns the whole page.
pub(super) fn html(report: &Report) -> String {
    let mut body = String::new();
    let charts: String = CHARTS.iter().map(|chart| drawn(report, chart)).collect();
    let note = format!(
        "Advantage estimators compared with measured advantages. n = {} rollouts, m = {} rerolls, {} continuations from each state; 95 % intervals over episodes. {:.0} s on {}{}.",
        report.rollouts,
        report.rerolls,
        report.continuations,
        report.seconds,
        report.machine,
        report
            .commit
            .as_ref()
            .map_or(String::new(), |commit| format!(
                ", commit {}",
                &commit[..commit.len().min(10)]
            ))
    );
    section(
        &mut body,
        "Results",
        &note,
        &format!("<div class=\"grid\">{charts}</div>"),
    );
    section(&mut body, "Measurements", "", &measured(report));
    section(
        &mut body,
        "Table",
        "",
        &format!(
            "<div class=\"wide\"><pre>{}</pre></div>",
            escape(&table::text(report))
        ),
    );
    document("fairness of credit", &body)
}

fn measured(report: &Report) -> String {
    let mut table = String::from(
        "<div class=\"wide\"><table class=\"figures\"><thead><tr><th>sessions</th><th>episodes</th><th>session samples</th><th>reliability of the return's truth</th><th>of the session's</th><th>spread of the return's truth</th><th>of the session's</th></tr></thead><tbody>",
    );
    for at in &report.horizons {
        let _ = write!(
            table,
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{:.2}</td><td>{:.2}</td><td>{:.3}</td><td>{:.3}</td></tr>",
            at.horizon,
            at.episodes,
            at.samples,
            at.reliability[0],
            at.reliability[1],
            at.spread[0],
            at.spread[1]
        );
    }
    table + "</tbody></table></div>"
}

fn drawn(report: &Report, chart: &StatisticChart) -> String {
    let mut html = format!(
        "<figure class=\"chart\"><figcaption><h3>{}</h3><p>{}</p></figcaption>",
        escape(chart.title),
        escape(chart.note)
    );
    let present = |score: &&EstimatorScore| (chart.of)(score).is_some();
    let intervals = || {
        let all = report.horizons.iter().flat_map(|at| &at.estimators);
        all.filter_map(|score| (chart.of)(score))
    };
    let least = intervals().fold(0.0, |least: f64, interval| least.min(interval.low));
    let most = intervals().fold(0.0, |most: f64, interval| most.max(interval.high));
    let scale = Scale::around(least, most);
    let x = |value: f64| LEFT + scale.place(value) * (WIDTH - LEFT - RIGHT);
    let rows: usize = report
        .horizons
        .iter()
        .map(|at| 1 + at.estimators.iter().filter(present).count())
        .sum();
    let floor = ROW * rows as f64 + 6.0;
    let _ = write!(
        html,
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\">",
        floor + 22.0,
        escape(chart.title)
    );
    for tick in &scale.ticks {
        let at = x(*tick);
        let _ = write!(
            html,
            "<path class=\"grid\" d=\"M{at:.1} 4V{floor:.1}\"/><text class=\"tick\" x=\"{at:.1}\" y=\"{:.1}\">{}</text>",
            floor + 15.0,
            scale.label(*tick)
        );
    }
    let mut y = 0.0;
    for at in &report.horizons {
        y += ROW;
        let _ = write!(
            html,
            "<text class=\"stage\" x=\"4\" y=\"{:.1}\">{} sessions</text>",
            y - 3.0,
            at.horizon
        );
        for (colour, score) in at.estimators.iter().enumerate() {
            let Some(interval) = (chart.of)(score) else {
                continue;
            };
            y += ROW;
            let middle = y - ROW / 2.0 + 2.0;
            let _ = write!(
                html,
                "<text class=\"tick up\" x=\"{:.1}\" y=\"{:.1}\">{}</text><path class=\"line c{colour}\" d=\"M{:.1} {middle:.1}H{:.1}\"/><circle class=\"c{colour}\" cx=\"{:.1}\" cy=\"{middle:.1}\" r=\"4\"><title>{} {} [{} {}]</title></circle>",
                LEFT - 8.0,
                middle + 4.0,
                score.name,
                x(interval.low),
                x(interval.high),
                x(interval.value),
                score.name,
                number(interval.value),
                number(interval.low),
                number(interval.high)
            );
        }
    }
    html + "</svg></figure>\n"
}
