//! Questions as tasks: after each dialogue one about all dialogues so far.

use memloom_sdk::generated::Address;
use memloom_sdk::quiz::Quiz;

use crate::options::Options;
use crate::questions::{self, Asked};
use crate::seed;
use crate::story::Story;

/// Returns the questions that are asked as tasks, and the sessions of the episode. The story must have
/// as many dialogues as the address has sessions; it is cut to those that are told.
#[must_use]
pub fn plan(options: &Options, address: &Address, story: &mut Story) -> (Vec<Asked>, Quiz) {
    let all = std::mem::take(&mut story.sittings);
    let (mut asked, mut after) = (Vec::new(), Vec::new());
    for (dialogues, view) in (1..).zip(all) {
        if story.sittings.len() + asked.len() >= address.sessions as usize {
            break;
        }
        story.sittings.push(view);
        let so_far = Address {
            sessions: dialogues,
            ..*address
        };
        let about = questions::ask(story, &mut seed::questions(options.seed, &so_far));
        let chosen = seed::task(options.seed, address, dialogues)
            .pick(&about)
            .cloned();
        after.extend(chosen.is_some().then_some(dialogues));
        asked.extend(chosen);
    }
    let quiz = Quiz::new(story.sittings.len() as u32, &after, address.sessions);
    (asked, quiz)
}
