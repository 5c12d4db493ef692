//! Fields of forms that are filled already, as a curriculum.

use crate::api::Api;
use crate::changes::Changes;
use crate::goals::Goals;
use crate::row::Row;
use crate::seed;
use crate::task::Setting;

/// Returns the fields that are filled when the form of a call opens: a share of those of the
/// first such call that the task still wants.
#[must_use]
pub fn fields(setting: Setting, goals: &Goals, changes: &Changes, api: Api) -> Row {
    let Some((place, goal)) = goals.open(api, changes) else {
        return Row::default();
    };
    let Setting {
        options,
        address,
        task,
        ..
    } = setting;
    let mut random = seed::given(options.seed, address, task.session, place);
    let fields = goal.args.fields();
    fields.filter(|_| random.chance(options.given)).collect()
}
