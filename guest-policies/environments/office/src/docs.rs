//! The documentation that agents can read. It names calls as they were before any was renamed.

use crate::api::{Api, App};

/// Returns the documentation of everything, of an application or of a call.
#[must_use]
pub fn docs(topic: &str) -> String {
    let (app, name) = topic.split_once('.').unwrap_or((topic, ""));
    match App::parse(app) {
        None if topic.is_empty() => overview(),
        None => "404: there is no such app.".into(),
        Some(app) if name.is_empty() => {
            let calls: Vec<&str> = documented(app).map(|api| api.names()[0]).collect();
            format!("{}: {}.", app.name(), calls.join(", "))
        }
        Some(app) => documented(app)
            .find(|api| api.names()[0] == name)
            .map_or("405: there is no such call.".into(), |api| usage(app, api)),
    }
}

fn documented(app: App) -> impl Iterator<Item = Api> {
    app.apis().filter(|api| *api != Api::Dismiss)
}

fn overview() -> String {
    let apps = App::ALL.map(App::name).join(", ");
    format!(
        "apps: {apps}. call APP.CALL name=value. $3.email is the field email of the first row \
         of act 3. end with finish, or with answer TEXT if there is a question. \
         docs APP and docs APP.CALL tell more."
    )
}

fn usage(app: App, api: Api) -> String {
    let required = api.required().iter().map(|name| format!(" {name}=…"));
    let optional = api.optional().iter().map(|name| format!(" [{name}=…]"));
    let arguments: String = required.chain(optional).collect();
    let (app, name) = (app.name(), api.names()[0]);
    format!("{app}.{name}{arguments}: {}.", api.summary())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_leads_to_the_next() {
        assert!(docs("").contains("pay"));
        assert_eq!(docs("pay"), "pay: login, balance, requests, send.");
        assert_eq!(docs("pay.send"), "pay.send to=… amount=…: pays a person.");
        assert_eq!(docs("bank"), "404: there is no such app.");
        assert_eq!(docs("pay.claims"), "405: there is no such call.");
    }
}
