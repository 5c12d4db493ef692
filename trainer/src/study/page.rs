//! The fairness study as one HTML page: for every figure a dot an estimator, with
//! its interval, horizon by horizon.

use std::fmt::Write;

use crate::report::axis::{Scale, number};
use crate::report::page::{document, escape, section};
use crate::study::analysis::{Judged, Report};
use crate::study::statistics::Figure;

const WIDTH: f64 = 480.0;
const LEFT: f64 = 120.0;
const RIGHT: f64 = 16.0;
const ROW: f64 = 19.0;

/// A figure of an estimator, and what it says.
struct Shown {
    title: &'static str,
    note: &'static str,
    of: fn(&Judged) -> Option<Figure>,
}

const SHOWN: [Shown; 8] = [
    Shown {
        title: "Correlation with the truth: the session's own reward",
        note: "Higher is better. Each deed (a rollout in a session) counts the same.",
        of: |judged| judged.session_correlation,
    },
    Shown {
        title: "Correlation with the truth: the trajectory's return",
        note: "Higher is better.",
        of: |judged| judged.return_correlation,
    },
    Shown {
        title: "Right sign: the session's own reward",
        note: "Of deeds whose truth is two standard errors from 0. A coin reaches 0.5.",
        of: |judged| judged.session_sign,
    },
    Shown {
        title: "Right sign: the trajectory's return",
        note: "Of deeds whose truth is two standard errors from 0.",
        of: |judged| judged.return_sign,
    },
    Shown {
        title: "Bias",
        note: "How far an estimator's mean is from the truth that it is about, root mean square, in spreads of that truth. Lower is better.",
        of: |judged| judged.bias,
    },
    Shown {
        title: "Noise",
        note: "How far it scatters about its mean, in the same unit. Lower is better.",
        of: |judged| judged.noise,
    },
    Shown {
        title: "By token: the session's own reward",
        note: "The first correlation, each generated token counting the same.",
        of: |judged| judged.session_correlation_by_token,
    },
    Shown {
        title: "By token: the trajectory's return",
        note: "The second correlation, each generated token counting the same.",
        of: |judged| judged.return_correlation_by_token,
    },
];

/// The whole page.
pub(super) fn html(report: &Report) -> String {
    let mut body = String::new();
    let charts: String = SHOWN.iter().map(|shown| chart(report, shown)).collect();
    let note = format!(
        "Estimators of credit against the true advantage. n = {} rollouts, m = {} rerolls, {} continuations from each state; 95 % intervals over episodes. {:.0} s on {}{}.",
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
        "What was found",
        &note,
        &format!("<div class=\"grid\">{charts}</div>"),
    );
    section(&mut body, "What was measured", "", &measured(report));
    section(
        &mut body,
        "The same in numbers",
        "",
        &format!(
            "<div class=\"wide\"><pre>{}</pre></div>",
            escape(&report.table())
        ),
    );
    document("is the credit fair?", &body)
}

fn measured(report: &Report) -> String {
    let mut table = String::from(
        "<div class=\"wide\"><table class=\"figures\"><thead><tr><th>sessions</th><th>episodes</th><th>deeds</th><th>reliability of the return's truth</th><th>of the session's</th><th>spread of the return's truth</th><th>of the session's</th></tr></thead><tbody>",
    );
    for at in &report.horizons {
        let _ = write!(
            table,
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{:.2}</td><td>{:.2}</td><td>{:.3}</td><td>{:.3}</td></tr>",
            at.horizon,
            at.episodes,
            at.deeds,
            at.reliability[0],
            at.reliability[1],
            at.spread[0],
            at.spread[1]
        );
    }
    table + "</tbody></table></div>"
}

fn chart(report: &Report, shown: &Shown) -> String {
    let mut html = format!(
        "<figure class=\"chart\"><figcaption><h3>{}</h3><p>{}</p></figcaption>",
        escape(shown.title),
        escape(shown.note)
    );
    let known = |judged: &&Judged| (shown.of)(judged).is_some();
    let figures = || {
        let all = report.horizons.iter().flat_map(|at| &at.estimators);
        all.filter_map(|judged| (shown.of)(judged))
    };
    let least = figures().fold(0.0, |least: f64, figure| least.min(figure.low));
    let most = figures().fold(0.0, |most: f64, figure| most.max(figure.high));
    let scale = Scale::around(least, most);
    let x = |value: f64| LEFT + scale.place(value) * (WIDTH - LEFT - RIGHT);
    let rows: usize = report
        .horizons
        .iter()
        .map(|at| 1 + at.estimators.iter().filter(known).count())
        .sum();
    let floor = ROW * rows as f64 + 6.0;
    let _ = write!(
        html,
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\">",
        floor + 22.0,
        escape(shown.title)
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
        for (colour, judged) in at.estimators.iter().enumerate() {
            let Some(figure) = (shown.of)(judged) else {
                continue;
            };
            y += ROW;
            let middle = y - ROW / 2.0 + 2.0;
            let _ = write!(
                html,
                "<text class=\"tick up\" x=\"{:.1}\" y=\"{:.1}\">{}</text><path class=\"line c{colour}\" d=\"M{:.1} {middle:.1}H{:.1}\"/><circle class=\"c{colour}\" cx=\"{:.1}\" cy=\"{middle:.1}\" r=\"4\"><title>{} {} [{} {}]</title></circle>",
                LEFT - 8.0,
                middle + 4.0,
                judged.name,
                x(figure.low),
                x(figure.high),
                x(figure.value),
                judged.name,
                number(figure.value),
                number(figure.low),
                number(figure.high)
            );
        }
    }
    html + "</svg></figure>\n"
}
