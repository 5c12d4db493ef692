//! Hunts in a house of eight rooms, with the graph and without it.

use super::*;

const HOUSE: &str = r#"{"rooms": 8, "mix": ["report", "hunt"], "sessions": 7}"#;
const EPISODES: u64 = 10;

/// Returns the share of hunts that are done in time.
fn share(forgets: bool) -> f32 {
    let options = r#"{"constrained": true, "plan": false, "items": "names", "episodes": 0,
        "window": 64, "task_sentences": 3}"#;
    let (mut done, mut all) = (0.0, 0.0);
    for index in 0..EPISODES {
        let mut host = MockHost::new(Graph::default(), |request| Ok(seeker::output(request)));
        host = host.in_environment(house(HOUSE, index));
        host.demonstrator = Some(("expert", 1));
        let mut policy = configured(options);
        for session in 1..=7 {
            if forgets {
                host.bank = Graph::default();
            }
            one(&mut policy, &mut host, session);
        }
        let (sum, tasks) = mean(host.environment.as_deref().unwrap(), "hunt", "success");
        done += sum;
        all += tasks;
    }
    done / all
}

#[test]
fn hunts_are_done_in_time_with_the_graph_and_seldom_without() {
    let (with, without) = (share(false), share(true));
    println!("with the graph {with:.2}, emptied between sessions {without:.2}");
    assert!(with >= 0.9, "{with}");
    assert!(without <= 0.6, "{without}");
}
