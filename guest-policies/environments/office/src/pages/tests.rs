use super::*;

/// Takes actions in a browser where mail is open, and returns what the last one does.
fn acts(browser: &mut Browser, actions: &[&str]) -> Result<Option<Action>, String> {
    let around = Surroundings {
        open: &[App::Mail],
        asks: true,
        given: &|_| Row::default(),
    };
    let mut last = Ok(None);
    for action in actions {
        last = browser.act(action, around);
    }
    last
}

#[test]
fn a_form_becomes_a_call() {
    let mut browser = Browser::default();
    assert_eq!(acts(&mut browser, &["click e2"]), Ok(None));
    assert!(
        browser.text(true).contains("e6 link send"),
        "{}",
        browser.text(true)
    );
    let done = acts(
        &mut browser,
        &["click e6", "type e1 oak@post", "type e2 3", "submit"],
    );
    let call = Call::new(App::Mail, "send", &[("to", "oak@post"), ("mail", "3")]);
    assert_eq!(done, Ok(Some(Action::Call(call))));
    assert_eq!(
        browser.text(true),
        "e1 textbox to oak@post\ne2 textbox mail 3\ne3 textbox text \"\""
    );
}

#[test]
fn an_application_that_is_closed_shows_its_login() {
    let mut browser = Browser::default();
    let done = acts(&mut browser, &["click e4", "type e1 amber", "submit"]);
    let login = Call::new(App::Pay, "login", &[("password", "amber")]);
    assert_eq!(done, Ok(Some(Action::Call(login.clone()))));
    browser.show(&login, &Reply::new(401, "the password is wrong."));
    assert_eq!(browser.text(true), "e1 textbox password amber");
    acts(&mut browser, &["back"]).ok();
    assert_eq!(browser.elements(true), Browser::default().elements(true));
}

#[test]
fn what_does_not_fit_is_said() {
    let mut browser = Browser::default();
    for action in ["click e99", "click e0", "click", "type 1 a"] {
        assert_eq!(
            acts(&mut browser, &[action]),
            Err(NO_ELEMENT.into()),
            "{action}"
        );
    }
    for action in ["type e1 a", "select e1 a", "click e7", "submit", "look", ""] {
        assert!(acts(&mut browser, &[action]).is_err(), "{action}");
    }
    assert_eq!(browser, Browser::default());
}

#[test]
fn steering_reaches_a_call_from_anywhere() {
    let call = Call::new(App::Mail, "send", &[("to", "oak@post"), ("mail", "3")]);
    let wanted = Action::Call(call);
    for start in [
        &["click e1"][..],
        &["click e2", "click e6", "type e3 hello"],
        &["click e6"],
    ] {
        let mut browser = Browser::default();
        acts(&mut browser, start).ok();
        let reached = (0..8).any(|_| {
            let action = browser.steer(&wanted, true);
            acts(&mut browser, &[&action]) == Ok(Some(wanted.clone()))
        });
        assert!(reached, "{start:?}");
    }
}
