//! The plan of an episode: its tasks, and what they come to when an expert does them.

use std::collections::BTreeSet;

use memloom_sdk::random::Random;

use crate::background::Background;
use crate::memory::Memory;
use crate::options::Options;
use crate::seed;
use crate::sitting::Sitting;
use crate::task::{Setting, Task};
use crate::template::Template;
use crate::world::World;
use memloom_sdk::generated::Address;

/// The plan of an episode.
pub struct Plan {
    options: Options,
    address: Address,
    /// The people and peculiarities of the episode.
    pub background: Background,
    /// The tasks by session.
    pub tasks: Vec<Task>,
}

impl Plan {
    /// Returns the plan of an episode. A longer horizon continues a shorter one.
    #[must_use]
    pub fn new(options: &Options, address: Address) -> Self {
        let mut random = seed::episode(options.seed, &address);
        let background = Background::draw(options, &address, &mut random);
        let tasks = draw(options, &address, &background, &mut random);
        let mut plan = Self {
            options: options.clone(),
            address,
            background,
            tasks,
        };
        plan.rehearse();
        plan
    }

    /// Returns a session's setting. The session must exist.
    #[must_use]
    pub fn setting(&self, session: u32) -> Setting<'_> {
        Setting {
            options: &self.options,
            address: &self.address,
            background: &self.background,
            task: &self.tasks[session as usize - 1],
        }
    }

    /// Lets an expert do all tasks, which tells how many acts they need and what must be
    /// remembered.
    fn rehearse(&mut self) {
        let mut world = World::default();
        let mut memory = Memory::default();
        for place in 0..self.tasks.len() {
            self.tasks[place].before = world.clone();
            let setting = self.setting(place as u32 + 1);
            let mut sitting = Sitting::start(setting, world, memory);
            let mut needs = BTreeSet::new();
            let mut needed = 0;
            while !sitting.done {
                let (action, used) = sitting.expert(setting, true);
                needs.extend(used);
                let observation = sitting.act(setting, &action);
                let finished = observation.done && sitting.answer.is_none();
                needed += u32::from(!finished);
            }
            let session = setting.task.session;
            memory = sitting.knowledge(session);
            world = sitting.server.world;
            let task = &mut self.tasks[place];
            task.steps = (f64::from(needed) * self.options.budget).ceil() as u32;
            task.needs = needs.into_iter().filter(|used| *used < session).collect();
        }
    }
}

/// The number of tasks of a scenario.
const SCENARIO: usize = 3;
/// The number of acts after which a rehearsal ends, far more than any task needs.
const ENOUGH: u32 = 1000;

fn draw(
    options: &Options,
    address: &Address,
    background: &Background,
    random: &mut Random,
) -> Vec<Task> {
    let mut fresh: Vec<Template> = Template::ALL
        .into_iter()
        .filter(|template| template.difficulty() <= options.difficulty)
        .collect();
    random.shuffle(&mut fresh);
    fresh.truncate(options.templates as usize);
    let mut used: Vec<Template> = Vec::new();
    let mut tasks: Vec<Task> = Vec::new();
    for session in 1..=address.sessions {
        let mut random = seed::session(options.seed, address, session);
        let repeats = fresh.is_empty() || random.chance(options.repeat);
        let template = match random.pick(&used) {
            Some(template) if repeats => *template,
            _ => fresh.pop().unwrap_or(Template::Phone),
        };
        if !used.contains(&template) {
            used.push(template);
        }
        tasks.push(Task {
            session,
            template,
            slots: template.slots(background, session, &mut random),
            steps: ENOUGH,
            needs: BTreeSet::new(),
            scenario: Vec::new(),
            before: World::default(),
        });
    }
    for template in used {
        group(&mut tasks, template);
    }
    tasks
}

/// Sets the scenarios of a template.
fn group(tasks: &mut [Task], template: Template) {
    let sessions: Vec<u32> = tasks
        .iter()
        .filter(|task| task.template == template)
        .map(|task| task.session)
        .collect();
    for scenario in sessions.chunks(SCENARIO) {
        for session in scenario {
            tasks[*session as usize - 1].scenario = scenario.to_vec();
        }
    }
}
