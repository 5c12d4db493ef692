//! A task and its surroundings.

use std::collections::BTreeSet;

use crate::background::Background;
use crate::options::Options;
use crate::row::Row;
use crate::template::Template;
use crate::world::World;
use memloom_sdk::generated::Address;

/// A task of an episode. Nothing in it depends on acts.
#[derive(Clone, Debug)]
pub struct Task {
    /// The session, counted from 1.
    pub session: u32,
    /// The template.
    pub template: Template,
    /// The values that the instruction names.
    pub slots: Row,
    /// The number of acts that the task allows: those that an expert needs, and a share more.
    pub steps: u32,
    /// The earlier sessions whose memory an expert uses.
    pub needs: BTreeSet<u32>,
    /// The sessions of its scenario: up to three tasks of one template.
    pub scenario: Vec<u32>,
    /// The office before it, as an expert leaves it.
    pub before: World,
}

/// A task and its surroundings.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The options.
    pub options: &'a Options,
    /// The identity of the episode.
    pub address: &'a Address,
    /// The people and peculiarities of the episode.
    pub background: &'a Background,
    /// The task.
    pub task: &'a Task,
}

impl Setting<'_> {
    /// Returns whether the task asks a question.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.task.template.asks().is_some()
    }
}
