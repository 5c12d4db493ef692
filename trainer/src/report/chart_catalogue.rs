//! The charts of the page: sections, titles and metrics. Metrics that are not listed here are
//! drawn under "More".

/// A section of the page.
pub struct Section {
    /// Heading.
    pub title: &'static str,
    /// Note below the heading; may be empty.
    pub note: &'static str,
    /// Charts.
    pub charts: &'static [ChartEntry],
}

/// A chart of listed metrics.
pub struct ChartEntry {
    /// Title.
    pub title: &'static str,
    /// Unit of the values.
    pub unit: &'static str,
    /// Factor from recorded to drawn values.
    pub scale: f64,
    /// Style of the lines and the axis.
    pub look: Probe,
    /// Lines.
    pub lines: &'static [LineEntry],
}

/// Style of a chart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Noisy values: a moving mean is drawn over them. The axis starts at zero.
    Noisy,
    /// As [`Probe::Noisy`], but the axis starts at the least value.
    NoisyAnywhere,
    /// Plain lines. The axis starts at zero.
    Plain,
}

/// A line of a listed chart.
pub struct LineEntry {
    /// Name in the legend.
    pub name: &'static str,
    /// Kind of the points, see [`crate::report::jsonl::Points`].
    pub kind: &'static str,
    /// Keys whose metrics are added up. A key that ends with a dot stands for all metrics below
    /// it, one line each.
    pub keys: &'static [&'static str],
}

const fn line(name: &'static str, kind: &'static str, keys: &'static [&'static str]) -> LineEntry {
    LineEntry { name, kind, keys }
}

const fn chart(
    title: &'static str,
    unit: &'static str,
    look: Probe,
    lines: &'static [LineEntry],
) -> ChartEntry {
    ChartEntry {
        title,
        unit,
        scale: 1.0,
        look,
        lines,
    }
}

const STEP: &str = "step";
const VALIDATION: &str = "validation";
const WARM: &str = "warm-start";
const WARM_CHECK: &str = "warm-start-check";
const TIMED_STEP: &str = "timing/step";
const TIMED_VALIDATION: &str = "timing/validation";
const TIMED_WARM: &str = "timing/warm-start";
const TIMED_WARM_CHECK: &str = "timing/warm-start-check";

/// All sections but "More".
pub const SECTIONS: [Section; 5] = [
    Section {
        title: "Reward and memory",
        note: "Faint lines are single steps, strong lines are moving means; legends give the last value. Training samples outputs; validation is greedy, on its own episodes. A reroll is rewarded for one session, from the bank right after that session, so its level differs from that of global rollouts.",
        charts: &[
            chart(
                "Reward",
                "",
                Probe::NoisyAnywhere,
                &[
                    line("training, global", STEP, &["reward"]),
                    line("training, rerolls", STEP, &["local_reward"]),
                    line("validation", VALIDATION, &["reward"]),
                ],
            ),
            chart(
                "Score and cost of words",
                "reward = score − cost",
                Probe::Noisy,
                &[
                    line("score", STEP, &["score"]),
                    line("cost", STEP, &["cost"]),
                ],
            ),
            chart(
                "Token F1",
                "",
                Probe::Noisy,
                &[line("validation", VALIDATION, &["f1"])],
            ),
            chart(
                "M-Fail",
                "share of gold evidence that is not in the bank",
                Probe::Noisy,
                &[
                    line("training", STEP, &["m_fail"]),
                    line("validation", VALIDATION, &["m_fail"]),
                ],
            ),
            chart(
                "Bank size",
                "words",
                Probe::Noisy,
                &[
                    line("training", STEP, &["bank_words"]),
                    line("validation", VALIDATION, &["bank_words"]),
                ],
            ),
        ],
    },
    Section {
        title: "What the policy does",
        note: "Counts over all rollouts and rerolls of a step.",
        charts: &[
            chart(
                "Operations",
                "requested from banks",
                Probe::Noisy,
                &[line("", STEP, &["operations."])],
            ),
            chart(
                "Outputs",
                "of any role",
                Probe::Noisy,
                &[
                    line("sampled", STEP, &["steps"]),
                    line("trained on", STEP, &["trained_steps"]),
                    line("read for sessions", STEP, &["outputs"]),
                ],
            ),
            chart(
                "Outputs amiss",
                "share of outputs read for sessions",
                Probe::Noisy,
                &[
                    line("malformed", STEP, &["malformed_share"]),
                    line("repaired", STEP, &["repaired_share"]),
                ],
            ),
            chart(
                "Failures",
                "outputs, operations or questions",
                Probe::Noisy,
                &[
                    line("truncated", STEP, &["truncated_steps"]),
                    line("malformed", STEP, &["malformed"]),
                    line("repaired", STEP, &["repaired"]),
                    line("repaired after a cut", STEP, &["repaired_cuts"]),
                    line("refused", STEP, &["refused"]),
                    line("lost to a server", STEP, &["dropped_questions"]),
                ],
            ),
            chart(
                "Context overflows",
                "of any role",
                Probe::Noisy,
                &[
                    line("prompts that did not fit", STEP, &["context_overflows"]),
                    line("outputs cut off", STEP, &["context_cuts"]),
                ],
            ),
            chart(
                "Groups",
                "of rollouts or rerolls whose rewards are compared",
                Probe::Noisy,
                &[
                    line(
                        "all",
                        STEP,
                        &["global_groups", "local_groups", "groups_without_question"],
                    ),
                    line("rerolls' own", STEP, &["local_groups"]),
                    line("no variance", STEP, &["zero_variance_groups"]),
                    line("no question", STEP, &["groups_without_question"]),
                ],
            ),
            chart(
                "Rerolls with a question",
                "",
                Probe::Noisy,
                &[line("rerolls", STEP, &["rerolled"])],
            ),
        ],
    },
    Section {
        title: "Updates",
        note: "First ratio deviation and first KL compare training with sampling before the step's first update. Both are 0 up to rounding.",
        charts: &[
            chart(
                "Loss",
                "",
                Probe::NoisyAnywhere,
                &[line("loss", STEP, &["loss"])],
            ),
            chart(
                "Gradient norm",
                "",
                Probe::Noisy,
                &[line("gradient norm", STEP, &["gradient_norm"])],
            ),
            chart(
                "Entropy",
                "nats",
                Probe::Noisy,
                &[line("entropy", STEP, &["entropy"])],
            ),
            chart(
                "Clip fraction",
                "",
                Probe::Noisy,
                &[line("clipped", STEP, &["clip_fraction"])],
            ),
            chart(
                "First ratio deviation",
                "largest |ratio − 1|",
                Probe::Noisy,
                &[line("deviation", STEP, &["first_ratio_deviation"])],
            ),
            chart(
                "First KL",
                "nats",
                Probe::NoisyAnywhere,
                &[line("first KL", STEP, &["first_kl"])],
            ),
            chart(
                "KL from the reference policy",
                "nats",
                Probe::Noisy,
                &[line("KL", STEP, &["divergence"])],
            ),
            chart(
                "Value loss",
                "PPO only",
                Probe::Noisy,
                &[line("value loss", STEP, &["value_loss"])],
            ),
            chart(
                "Learning rate",
                "",
                Probe::Plain,
                &[line("learning rate", STEP, &["learning_rate"])],
            ),
        ],
    },
    Section {
        title: "Speed and memory",
        note: "Steps that a resumed run repeated are drawn once.",
        charts: &[
            chart(
                "Seconds",
                "of a step or a validation",
                Probe::Noisy,
                &[
                    line("rollouts", TIMED_STEP, &["rollout_seconds"]),
                    line("update", TIMED_STEP, &["update_seconds"]),
                    line("step, in all", TIMED_STEP, &["seconds"]),
                    line("validation", TIMED_VALIDATION, &["seconds"]),
                ],
            ),
            chart(
                "Tokens sampled",
                "a second",
                Probe::Noisy,
                &[line("tokens", TIMED_STEP, &["tokens_per_second"])],
            ),
            chart(
                "Tokens of a step",
                "",
                Probe::Noisy,
                &[
                    line("sampled", STEP, &["generated_tokens"]),
                    line("through updates", STEP, &["trained_tokens"]),
                ],
            ),
            ChartEntry {
                scale: 100.0,
                ..chart(
                    "Guests' share",
                    "% of a step's processor time",
                    Probe::Noisy,
                    &[line("guests and host calls", TIMED_STEP, &["guest_share"])],
                )
            },
            ChartEntry {
                scale: 1.0 / (1u64 << 30) as f64,
                ..chart(
                    "Memory",
                    "GiB",
                    Probe::Plain,
                    &[
                        line("held", TIMED_STEP, &["rss_bytes"]),
                        line("peak so far", TIMED_STEP, &["peak_rss_bytes"]),
                        line("taken on the GPU", TIMED_STEP, &["device_bytes"]),
                    ],
                )
            },
        ],
    },
    Section {
        title: "Warm start",
        note: "Supervised steps on demonstrations, before RL.",
        charts: &[
            chart(
                "Loss",
                "of the demonstrations",
                Probe::Noisy,
                &[line("loss", WARM, &["loss"])],
            ),
            chart(
                "Gradient norm",
                "",
                Probe::Noisy,
                &[line("gradient norm", WARM, &["gradient_norm"])],
            ),
            chart(
                "Learning rate",
                "",
                Probe::Plain,
                &[line("learning rate", WARM, &["learning_rate"])],
            ),
            chart(
                "Malformed share",
                "of outputs on validation episodes",
                Probe::Plain,
                &[line("malformed", WARM_CHECK, &["malformed_share"])],
            ),
            chart(
                "Rows",
                "of a step",
                Probe::Noisy,
                &[
                    line("trained on", WARM, &["rows"]),
                    line("too long for the context", WARM, &["context_overflows"]),
                ],
            ),
            chart(
                "Checked outputs",
                "in a measurement",
                Probe::Plain,
                &[
                    line("all", WARM_CHECK, &["outputs"]),
                    line("malformed", WARM_CHECK, &["malformed"]),
                ],
            ),
            chart(
                "Tokens trained on",
                "a second",
                Probe::Noisy,
                &[line("tokens", TIMED_WARM, &["tokens_per_second"])],
            ),
            chart(
                "Seconds",
                "of a step or measurement",
                Probe::Noisy,
                &[
                    line("step", TIMED_WARM, &["seconds"]),
                    line("measurement", TIMED_WARM_CHECK, &["seconds"]),
                ],
            ),
        ],
    },
];

/// Returns true if [`SECTIONS`] lists a metric, or if the metric is a memory size, which is
/// drawn for one kind only.
pub fn is_listed(kind: &str, key: &str) -> bool {
    if ["rss_bytes", "peak_rss_bytes", "device_bytes"].contains(&key) {
        return true;
    }
    let lines = SECTIONS
        .iter()
        .flat_map(|section| section.charts)
        .flat_map(|chart| chart.lines);
    lines
        .filter(|line| line.kind == kind)
        .flat_map(|line| line.keys)
        .any(|listed| *listed == key || listed.ends_with('.') && key.starts_with(listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_listed_by_kind_and_key() {
        assert!(is_listed("step", "reward"));
        assert!(is_listed("step", "operations.insert"));
        assert!(!is_listed("warm-start", "reward"));
        assert!(!is_listed("step", "reward_of_something_new"));
    }
}
