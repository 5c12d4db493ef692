use memloom_sdk::random::Random;

use super::*;

fn quirks(quirks: bool) -> Quirks {
    Quirks::draw(&mut Random::new(4), quirks)
}

fn office() -> Server {
    let row = |fields: &[(&str, &str)]| Row::new(fields);
    let mut server = Server::new(World {
        contacts: vec![
            row(&[
                ("id", "1"),
                ("name", "ann"),
                ("phone", "12"),
                ("email", "oak@post"),
            ]),
            row(&[
                ("id", "2"),
                ("name", "ben"),
                ("phone", "13"),
                ("email", "elm@post"),
            ]),
        ],
        requests: vec![row(&[("id", "1"), ("from", "ann"), ("amount", "7")])],
        flights: vec![row(&[
            ("id", "4"),
            ("to", "rome"),
            ("date", "5-may"),
            ("price", "20"),
        ])],
        balance: 30,
        ..World::default()
    });
    server.open = App::CLOSED.into();
    server
}

fn run(server: &mut Server, app: App, name: &str, args: &[(&str, &str)]) -> (u16, String) {
    let reply = server.run(&quirks(false), &Call::new(app, name, args));
    (reply.code, reply.sentences().join(" "))
}

#[test]
fn a_login_of_another_application_opens_nothing() {
    let quirks = quirks(true);
    let mut server = Server::new(World::default());
    let wrong = quirks
        .words
        .iter()
        .find(|word| quirks.password(App::Pay) != Some(**word));
    for (password, code) in [(wrong.copied(), 401), (quirks.password(App::Pay), 200)] {
        let args = [("password", password.unwrap_or_default())];
        let reply = server.run(&quirks, &Call::new(App::Pay, "login", &args));
        assert_eq!(reply.code, code);
    }
    let reply = server.run(&quirks, &Call::new(App::Mail, "send", &[]));
    assert_eq!(reply.sentences(), ["401: log in first."]);
}

#[test]
fn a_payment_settles_the_request() {
    let mut server = office();
    let pay = |server: &mut Server, amount| {
        run(
            server,
            App::Pay,
            "send",
            &[("to", "ann"), ("amount", amount)],
        )
    };
    assert_eq!(pay(&mut server, "0").1, "422: amount must be above 0.");
    assert_eq!(pay(&mut server, "31").1, "422: the balance is too small.");
    assert!(server.changes.is_empty());
    assert_eq!(pay(&mut server, "7").1, "done.");
    assert_eq!((server.world.balance, server.world.requests.len()), (23, 0));
    assert_eq!(server.changes.len(), 1);
}

#[test]
fn what_is_undone_is_no_change() {
    let mut server = office();
    let (_, booked) = run(&mut server, App::Travel, "book", &[("flight", "4")]);
    assert_eq!(booked, "done. booking 1.");
    run(&mut server, App::Travel, "cancel", &[("booking", "1")]);
    for phone in ["20", "12"] {
        run(
            &mut server,
            App::Contacts,
            "update",
            &[("id", "1"), ("phone", phone)],
        );
    }
    run(
        &mut server,
        App::Contacts,
        "add",
        &[("name", "cid"), ("phone", "9")],
    );
    run(&mut server, App::Contacts, "delete", &[("id", "3")]);
    assert_eq!(server.changes.len(), 0);
    run(&mut server, App::Contacts, "delete", &[("id", "2")]);
    assert_eq!(server.changes.len(), 1);
}

#[test]
fn errors_name_the_argument() {
    let mut server = office();
    let mut error = |app, name, args: &[(&str, &str)]| run(&mut server, app, name, args).1;
    assert_eq!(
        error(App::Pay, "send", &[("to", "ann")]),
        "422: amount is missing."
    );
    assert_eq!(
        error(App::Pay, "balance", &[("now", "1")]),
        "422: there is no such argument."
    );
    assert_eq!(
        error(App::Mail, "list", &[("page", "0")]),
        "422: page must be above 0."
    );
    assert_eq!(
        error(App::Mail, "read", &[("id", "7")]),
        "404: there is no such row."
    );
    assert_eq!(
        error(App::Mail, "shout", &[]),
        "405: there is no such call."
    );
    assert_eq!(
        error(App::Contacts, "dismiss", &[]),
        "422: there is no notice."
    );
    let long = "x".repeat(1001);
    assert_eq!(
        error(App::Notes, "write", &[("title", "a"), ("text", &long)]),
        "422: text is too long."
    );
    let date = [("to", "rome"), ("date", "may-5")];
    assert_eq!(
        error(App::Travel, "search", &date),
        "400: the format of the date is wrong."
    );
}

#[test]
fn a_two_step_search_shows_the_rest_by_id() {
    let mut quirky = quirks(false);
    quirky.two_step = true;
    let mut server = office();
    let mut search = |args: &[(&str, &str)]| {
        server
            .run(&quirky, &Call::new(App::Contacts, "search", args))
            .sentences()
            .join(" ")
    };
    assert_eq!(search(&[("name", "ann")]), "id 1 name ann.");
    assert_eq!(
        search(&[("id", "1")]),
        "id 1 name ann phone 12 email oak@post."
    );
}
