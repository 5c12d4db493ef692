//! One chart as inline SVG with a legend. It needs no scripts; colours come from the page's
//! style sheet.

use std::fmt::Write;

use crate::report::axis::{Scale, number};
use crate::report::html::escape;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 36.0;
/// Width of a stage label; labels closer than this would overlap.
const LABEL_WIDTH: f64 = 66.0;
/// Number of points above which a noisy line is smoothed.
const SMOOTHED_FROM: usize = 40;

/// A chart.
pub struct Chart {
    /// Title.
    pub title: String,
    /// Unit of the values; may be empty.
    pub unit: String,
    /// Label of the horizontal axis.
    pub steps: &'static str,
    /// Starts and labels of the stages.
    pub stages: Vec<(f64, String)>,
    /// Lines, at least one.
    pub lines: Vec<Line>,
    /// Starts the vertical axis at zero.
    pub from_zero: bool,
}

/// A line of a chart.
pub struct Line {
    /// Heading in the legend of the lines that share it; may be empty.
    pub group: String,
    /// Name in the legend.
    pub name: String,
    /// Index into the palette.
    pub colour: usize,
    /// Index into the dash patterns.
    pub dash: usize,
    /// Marks single points; for lines of few points.
    pub marked: bool,
    /// Draws a moving mean over the points.
    pub noisy: bool,
    /// (step, value) pairs in order of steps, at least one.
    pub points: Vec<(f64, f64)>,
}

impl Chart {
    /// Returns an HTML figure with title, legend and drawing.
    pub fn html(&self) -> String {
        let mut html = String::from("<figure class=\"chart\"><figcaption>");
        let _ = write!(html, "<h3>{}", escape(&self.title));
        if !self.unit.is_empty() {
            let _ = write!(html, " <small>{}</small>", escape(&self.unit));
        }
        html.push_str("</h3>");
        html.push_str("</figcaption>");
        self.legend(&mut html);
        self.drawing(&mut html);
        html.push_str("</figure>\n");
        html
    }

    fn legend(&self, html: &mut String) {
        for group in self.lines.chunk_by(|one, next| one.group == next.group) {
            html.push_str("<ul class=\"legend\">");
            let head = &group[0];
            if !head.group.is_empty() {
                let _ = write!(
                    html,
                    "<li><i class=\"swatch c{}\"></i>{}</li>",
                    head.colour,
                    escape(&head.group)
                );
            }
            for line in group {
                let last = line.points.last().map_or(f64::NAN, |point| point.1);
                let _ = write!(
                    html,
                    "<li><svg viewBox=\"0 0 26 10\" class=\"key\" aria-hidden=\"true\"><path class=\"line c{} d{}\" d=\"M0 5H26\"/></svg>{} <b>{}</b></li>",
                    line.colour,
                    line.dash,
                    escape(&line.name),
                    number(last)
                );
            }
            html.push_str("</ul>");
        }
    }

    fn drawing(&self, html: &mut String) {
        let all = || self.lines.iter().flat_map(|line| &line.points);
        let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
        let most = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NEG_INFINITY, f64::max);
        let zero = self.from_zero.then_some(0.0);
        let across = Scale::of_steps(
            least(&mut all().map(|point| point.0)),
            most(&mut all().map(|point| point.0)),
        );
        let up = Scale::around(
            least(&mut all().map(|point| point.1).chain(zero)),
            most(&mut all().map(|point| point.1).chain(zero)),
        );
        let x = |step: f64| LEFT + across.place(step) * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| HEIGHT - BOTTOM - up.place(value) * (HEIGHT - TOP - BOTTOM);
        let (right, floor) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let _ = write!(
            html,
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            escape(&self.title)
        );
        for tick in &up.ticks {
            let at = y(*tick);
            let _ = write!(
                html,
                "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/><text class=\"tick up\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                LEFT - 6.0,
                at + 3.5,
                up.label(*tick)
            );
        }
        for tick in &across.ticks {
            let at = x(*tick);
            let _ = write!(
                html,
                "<path class=\"grid\" d=\"M{at:.1} {floor}v4\"/><text class=\"tick\" x=\"{at:.1}\" y=\"{:.1}\">{}</text>",
                floor + 16.0,
                across.label(*tick)
            );
        }
        let _ = write!(
            html,
            "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            (LEFT + right) / 2.0,
            HEIGHT - 4.0,
            escape(self.steps)
        );
        let mut free = f64::NEG_INFINITY;
        for (step, name) in &self.stages {
            let at = x(step.clamp(across.low, across.high));
            let _ = write!(html, "<path class=\"stage\" d=\"M{at:.1} {TOP}V{floor}\"/>");
            if at >= free && at + LABEL_WIDTH <= WIDTH {
                free = at + LABEL_WIDTH;
                let _ = write!(
                    html,
                    "<text class=\"stage\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    at + 2.0,
                    TOP - 5.0,
                    escape(name)
                );
            }
        }
        for line in &self.lines {
            let place = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
                points
                    .iter()
                    .map(|(step, value)| (x(*step), y(*value)))
                    .collect()
            };
            line.draw(html, &place);
        }
        html.push_str("</svg>");
    }
}

/// Maps steps and values to positions in the drawing.
type Placing<'a> = dyn Fn(&[(f64, f64)]) -> Vec<(f64, f64)> + 'a;

impl Line {
    fn draw(&self, html: &mut String, place: &Placing<'_>) {
        let window = if self.noisy && self.points.len() > SMOOTHED_FROM {
            self.points.len() / 20
        } else {
            1
        };
        let (colour, dash) = (self.colour, self.dash);
        if window > 1 {
            let _ = write!(
                html,
                "<path class=\"line faint c{colour}\" d=\"{}\"/>",
                path(&place(&self.points))
            );
        }
        let _ = write!(
            html,
            "<path class=\"line c{colour} d{dash}\" d=\"{}\"><title>{}</title></path>",
            path(&place(&smoothed(&self.points, window))),
            escape(&self.name)
        );
        if self.marked || self.points.len() == 1 {
            for ((x, y), (_, value)) in place(&self.points).into_iter().zip(&self.points) {
                let _ = write!(
                    html,
                    "<circle class=\"c{colour}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"><title>{} {}</title></circle>",
                    escape(&self.name),
                    number(*value)
                );
            }
        }
    }
}

fn path(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
    }
    path
}

/// Returns moving means over `window` points, fewer at the ends.
fn smoothed(points: &[(f64, f64)], window: usize) -> Vec<(f64, f64)> {
    let reach = window / 2;
    (0..points.len())
        .map(|at| {
            let around = &points[at.saturating_sub(reach)..(at + reach + 1).min(points.len())];
            let sum: f64 = around.iter().map(|point| point.1).sum();
            (points[at].0, sum / around.len() as f64)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> Chart {
        Chart {
            title: "Reward <of> rollouts".into(),
            unit: String::new(),
            steps: "step",
            stages: vec![(1.0, "2 sessions".into())],
            lines: vec![Line {
                group: String::new(),
                name: "a & b".into(),
                colour: 0,
                dash: 0,
                marked: true,
                noisy: false,
                points,
            }],
            from_zero: true,
        }
    }

    #[test]
    fn points_lie_inside_the_axes() {
        let html = chart(vec![(1.0, 0.0), (2.0, 0.5), (3.0, 1.0)]).html();
        assert!(
            html.contains("d=\"M50.0 214.0L257.0 117.0L464.0 20.0\""),
            "{html}"
        );
        assert!(html.contains(">2 sessions</text>"), "{html}");
    }

    #[test]
    fn a_single_point_is_a_dot() {
        let html = chart(vec![(7.0, 0.25)]).html();
        assert_eq!(html.matches("<circle").count(), 1, "{html}");
        assert!(!html.contains("NaN"), "{html}");
    }

    #[test]
    fn names_are_escaped() {
        let html = chart(vec![(1.0, 1.0)]).html();
        assert!(html.contains("Reward &lt;of&gt; rollouts"), "{html}");
        assert!(html.contains("a &amp; b"), "{html}");
    }

    #[test]
    fn a_noisy_line_is_drawn_over_by_its_mean() {
        let points: Vec<_> = (0..100)
            .map(|at| (f64::from(at), f64::from(at % 2)))
            .collect();
        let mut chart = chart(points.clone());
        chart.lines[0].noisy = true;
        assert!(chart.html().contains("faint"));
        let mean = smoothed(&points, 5);
        assert_eq!(mean.len(), points.len());
        assert_eq!(mean[50].1, 0.4);
    }
}
