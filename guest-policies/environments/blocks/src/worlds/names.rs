//! The names of things. All splits share them: it is the instances that differ.

/// The blocks and balls.
pub const COLOURS: [&str; 8] = [
    "red", "blue", "green", "yellow", "white", "black", "brown", "grey",
];

/// The rooms of `gripper`.
pub const ROOMS: [&str; 3] = ["hall", "kitchen", "garden"];

/// The hands of `gripper`.
pub const HANDS: [&str; 2] = ["left hand", "right hand"];
