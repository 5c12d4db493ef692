//! Which figures are drawn, where, and under what name. Figures that are not
//! listed here are drawn too, under "More".

/// A section of the page.
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// What a reader needs to know; may be empty.
    pub note: &'static str,
    /// Its charts.
    pub charts: &'static [Known],
}

/// A chart of figures that are known.
pub struct Known {
    /// What it shows.
    pub title: &'static str,
    /// Of the values.
    pub unit: &'static str,
    /// What values are multiplied with.
    pub times: f64,
    /// How it is drawn.
    pub look: Probe,
    /// Its lines.
    pub lines: &'static [KnownLine],
}

/// How a chart is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Single steps say little: their mean is drawn over them; from zero.
    Noisy,
    /// The same, but the axis begins where the values do.
    NoisyAnywhere,
    /// As it is, from zero.
    Plain,
}

/// A line of a known chart.
pub struct KnownLine {
    /// In the legend.
    pub name: &'static str,
    /// Kind of the points, see [`crate::report::jsonl::Points`].
    pub kind: &'static str,
    /// Keys whose figures are added up. A key that ends with a point stands for
    /// all figures below it, a line each.
    pub keys: &'static [&'static str],
}

const fn line(name: &'static str, kind: &'static str, keys: &'static [&'static str]) -> KnownLine {
    KnownLine { name, kind, keys }
}

const fn chart(
    title: &'static str,
    unit: &'static str,
    look: Probe,
    lines: &'static [KnownLine],
) -> Known {
    Known {
        title,
        unit,
        times: 1.0,
        look,
        lines,
    }
}

const STEP: &str = "step";
const VALIDATION: &str = "validation";
const WARM: &str = "warm-start";
const TIMED_STEP: &str = "timing/step";
const TIMED_VALIDATION: &str = "timing/validation";
const TIMED_WARM: &str = "timing/warm-start";

/// All sections but "More".
pub const SECTIONS: [Section; 5] = [
    Section {
        title: "Reward and memory",
        note: "Faint lines are single steps, strong ones means over their neighbours; legends give the last value. Training episodes are sampled, validation is greedy on episodes of its own. Rerolls are paid for one session from the memory right after it, so their level is not that of the global rollouts.",
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
                "asked of banks",
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
                ],
            ),
            chart(
                "Failures",
                "outputs, operations or questions",
                Probe::Noisy,
                &[
                    line("truncated", STEP, &["truncated_steps"]),
                    line("malformed", STEP, &["malformed"]),
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
                "that rewards are compared in",
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
        note: "First ratio deviation and first KL compare training with sampling before the step's first update: 0 but for rounding.",
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
                "Value head's loss",
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
        note: "Steps that a resumed run did again are drawn once.",
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
            Known {
                times: 100.0,
                ..chart(
                    "Guests' share",
                    "% of a step's processor time",
                    Probe::Noisy,
                    &[line("guests and host calls", TIMED_STEP, &["guest_share"])],
                )
            },
            Known {
                times: 1.0 / (1u64 << 30) as f64,
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
        note: "Supervised steps on demonstrations, before LoGo-GRPO.",
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
                "Rows",
                "of a step",
                Probe::Noisy,
                &[
                    line("trained on", WARM, &["rows"]),
                    line("too long for the context", WARM, &["context_overflows"]),
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
                "of a step",
                Probe::Noisy,
                &[line("step", TIMED_WARM, &["seconds"])],
            ),
        ],
    },
];

/// Whether a figure of a kind of points has a place in [`SECTIONS`], or is
/// nothing to draw: memory is shown once.
pub fn knows(kind: &str, key: &str) -> bool {
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
        .any(|known| *known == key || known.ends_with('.') && key.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_known_by_kind_and_key() {
        assert!(knows("step", "reward"));
        assert!(knows("step", "operations.insert"));
        assert!(!knows("warm-start", "reward"));
        assert!(!knows("step", "reward_of_something_new"));
    }
}
