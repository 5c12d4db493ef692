//! LoGo-GRPO and the algorithms that it is compared with.
//!
//! An [`Algorithm`] maps the rewards of a step's rollouts to advantages, in plain numbers:
//! one file each in [`algorithms`], which reads like the paper. Around it, [`reward`] says
//! how scores and words become a reward, [`normalise`] how a group's rewards become
//! advantages, and [`loss`] is the clipped objective, where tensors enter.
//!
//! ```
//! use memloom_algorithm::{AlgorithmName, Credit, Gae, Normalisation, Rewards, Settings};
//!
//! let settings = Settings {
//!     credit: Credit::Session,
//!     normalisation: Normalisation::Z_SCORE,
//!     gae: Gae { discount: 1.0, decay: 0.95 },
//!     beta: 0.1,
//!     smoothing: 0.0,
//! };
//! let algorithm = AlgorithmName::LOGO_GRPO.build(&settings);
//!
//! // Two rollouts of two sessions; nobody asks about the second.
//! let rewards = Rewards {
//!     sessions: vec![vec![Some(1.0), None], vec![Some(0.0), None]],
//!     returns: vec![1.0, 0.0],
//!     ..Rewards::default()
//! };
//! let given = algorithm.advantages(&[rewards]).remove(0);
//! assert!(given.sessions[0][0] > Some(0.7) && given.sessions[1][0] < Some(-0.7));
//! assert_eq!(given.sessions[0][1], None);
//! assert_eq!(given.without_question, 1);
//! ```
//!
//! Source: Memory-R2 (arXiv 2605.21768), equations 7 to 17.
//!
//! With the feature `cuda`, the tests of the loss run on the first NVIDIA GPU.

pub mod algorithm;
pub mod algorithms;
pub mod gae;
pub mod intrinsic;
pub mod loss;
pub mod normalise;
pub mod population;
pub mod reward;
pub mod rewards;

pub use self::algorithm::{Algorithm, Credit, Settings};
pub use self::algorithms::AlgorithmName;
pub use self::gae::Gae;
pub use self::intrinsic::Intrinsic;
pub use self::normalise::Normalisation;
pub use self::rewards::{Advantages, Rewards};
