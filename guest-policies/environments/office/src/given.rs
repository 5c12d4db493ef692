//! Fields of forms that are filled already, as a curriculum.

use crate::api::{Api, App};
use crate::plan::Setting;
use crate::row::Row;
use crate::seed;
use crate::sitting::Sitting;

/// Returns the fields that are filled when the form of a call opens: a share of those of the
/// first such call that the task still wants.
#[must_use]
pub fn fields(setting: Setting, sitting: &Sitting, app: App, api: Api) -> Row {
    let mut random = seed::given(setting.options.seed, setting.address, setting.task.session);
    for goal in &sitting.goals.calls {
        let given: Row = goal
            .args
            .fields()
            .filter(|_| random.chance(setting.options.given))
            .collect();
        let wanted = goal.app == app && goal.api == api;
        if wanted && !sitting.server.changes.has(api, &goal.args) {
            return given;
        }
    }
    Row::default()
}
