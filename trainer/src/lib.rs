//! The trainer behind the binary `memloom`.
//!
//! [`train`] drives a run: it loads a [`world`] of components, rolls policies out
//! ([`rollout`]) on the generation engine ([`generate`]), turns what came of it
//! into rewards and advantages ([`logo`]), and updates the backbone ([`model`],
//! [`optim`]). [`eval`] says what the result is worth, [`study`] what the training
//! is; [`play`] records an episode and [`replay`] lives through it again; [`serve`]
//! has the result speak for agents in service, [`merge`] makes a model of an adapter.
//! [`speed`] says how fast a device is, [`outside`] asks models that others serve, [`embed`] turns texts into vectors.
//! [`device`] is where tensors are,
//! [`runfile`] holds every choice a run depends on, [`seed`] every source of
//! randomness. [`authors`] is for those who write components.

pub mod authors;
pub mod cli;
pub mod device;
pub mod embed;
pub mod eval;
pub mod generate;
pub mod grammar;
pub mod logo;
pub mod merge;
pub mod model;
pub mod optim;
pub mod outside;
pub mod play;
pub mod replay;
pub mod report;
pub mod rollout;
pub mod runfile;
pub mod seed;
pub mod serve;
pub mod speed;
pub mod study;
pub mod tokenizer;
pub mod train;
pub mod world;
