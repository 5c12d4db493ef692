//! The open episode: a conversation, with its questions after it or as tasks within it.

use memloom_sdk::quiz::{Course, Part, Quiz};
use memloom_sdk::types::Error;

use crate::conversation::{Asked, Conversation, SessionView};

/// The open episode.
pub struct Open {
    /// The conversation, cut to the horizon.
    pub conversation: Conversation,
    /// The sessions; without tasks they are the dialogues.
    pub quiz: Quiz,
    /// True if questions are tasks.
    pub has_tasks: bool,
}

impl Open {
    /// Returns an episode of dialogues alone.
    pub fn of_dialogues(conversation: Conversation) -> Self {
        Self {
            quiz: Quiz::new(conversation.sittings.len() as u32, &[], 0),
            conversation,
            has_tasks: false,
        }
    }

    /// Returns an episode in which every question follows the last dialogue that has evidence for it,
    /// cut to `horizon` sessions of both kinds; 0 means all.
    pub fn with_tasks(mut conversation: Conversation, horizon: u32) -> Self {
        let last = |asked: &Asked| asked.question.sessions.iter().copied().max().unwrap_or(1);
        conversation.asked.sort_by_key(last);
        let after: Vec<u32> = conversation.asked.iter().map(last).collect();
        let quiz = Quiz::new(conversation.sittings.len() as u32, &after, horizon);
        let dialogues = quiz.dialogue_at(quiz.sessions()) as usize;
        conversation.sittings.truncate(dialogues);
        conversation
            .asked
            .truncate(quiz.sessions() as usize - dialogues);
        Self {
            conversation,
            quiz,
            has_tasks: true,
        }
    }

    /// Returns an episode of a snapshot; one with tasks has a course.
    ///
    /// # Errors
    /// `invalid` if the course is not the episode's.
    pub fn restored(conversation: Conversation, course: Option<Course>) -> Result<Self, Error> {
        let Some(course) = course else {
            return Ok(Self::of_dialogues(conversation));
        };
        let mut open = Self::with_tasks(conversation, 0);
        if !open.quiz.fits(&course) {
            let why = "locomo: the snapshot has answers to tasks that there are not";
            return Err(Error::Invalid(why.into()));
        }
        open.quiz.course = course;
        Ok(open)
    }

    /// Returns a session, counted from 1.
    ///
    /// # Errors
    /// `unknown` if there is none.
    pub fn part(&self, session: u32) -> Result<Part, Error> {
        self.quiz.part(session).ok_or_else(|| {
            let (id, sessions) = (&self.conversation.id, self.quiz.sessions());
            Error::Unknown(format!(
                "{id} has no session {session}: it has 1 to {sessions}"
            ))
        })
    }

    /// Returns a dialogue, counted from 1, which exists.
    pub fn view(&self, dialogue: u32) -> &SessionView {
        &self.conversation.sittings[dialogue as usize - 1]
    }

    /// Returns the time of a task: that of the dialogue before it.
    pub fn time(&self, session: u32) -> &str {
        &self.view(self.quiz.dialogue_at(session)).time
    }
}
