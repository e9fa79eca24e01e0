//! Second factors: set up, asked for, lost, reset, and needed by a role.

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use bookings_admin::auth::{second_factor, totp};
use bookings_admin::secret::Secrets;
use bookings_admin::settings::SecretKey;
use bookings_core::Role;
use bookings_db::staff::{self as accounts, StaffError};
use bookings_db::testing::TestDatabase;
use chrono::Utc;

use crate::common::{Browser, PASSWORD, Page, base32, on_each_database, serving, settings, staff, state, state_with};
use crate::desk::{Form, all, assert_refused};

const PATH: &str = "/profile/second-factor";
const AGAIN: [(&str, &str); 1] = [("current_password", PASSWORD)];

fn secret(page: &Page) -> Vec<u8> {
    base32(&page.text("code.secret"))
}

/// What the app shows now, or so many steps later.
fn code(secret: &[u8], later: i64) -> String {
    totp::code(secret, totp::step(Utc::now()) + later).unwrap()
}

fn wrong_code(secret: &[u8]) -> String {
    let right: Vec<String> = (-2..=2).map(|later| code(secret, later)).collect();
    ["000000", "111111", "222222", "333333", "444444", "555555"]
        .map(str::to_owned)
        .into_iter()
        .find(|code| !right.contains(code))
        .unwrap()
}

/// Sets one up; the secret and the recovery codes.
async fn set_up<S, B>(browser: &mut Browser<'_, S>) -> (Vec<u8>, Vec<String>)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    browser.open(PATH).await;
    let begun = browser.post(&format!("{PATH}/begin"), &AGAIN).await;
    assert_eq!((begun.status, begun.location()), (303, PATH), "{}", begun.text("[role=alert]"));
    let secret = secret(&browser.open(PATH).await);
    let done = browser.post(&format!("{PATH}/confirm"), &[("code", &code(&secret, 0))]).await;
    assert_eq!(done.status, 200, "{}", done.text("[role=alert]"));
    (secret, codes(&done))
}

fn codes(page: &Page) -> Vec<String> {
    let html = page.html();
    let items = scraper::Selector::parse(".codes code").unwrap();
    html.select(&items).map(|item| item.text().collect()).collect()
}

async fn enter<S, B>(browser: &mut Browser<'_, S>, code: &str) -> Page
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    browser.post("/login/code", &[("code", code)]).await
}

#[test]
fn it_is_set_up_with_the_password_and_a_first_code() {
    on_each_database(|db| async move {
        let ann = staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut anns = Browser::signed_in(&app, "Ann").await;
        let mut elsewhere = Browser::signed_in(&app, "Ann").await;
        assert!(anns.open("/profile").await.has("a[href='/profile/second-factor']"));
        assert!(!anns.open(PATH).await.has("code.secret"), "looking makes nothing");
        for (typed, refusal) in [("", "required"), ("wrong", "invalid")] {
            let refused = anns.post(&format!("{PATH}/begin"), &[("current_password", typed)]).await;
            assert_refused(&refused, &[(refusal, "current_password")]);
        }
        anns.post(&format!("{PATH}/begin"), &AGAIN).await;
        let page = anns.open(PATH).await;
        let secret = secret(&page);
        assert_eq!(secret.len(), totp::SECRET_BYTES);
        assert!(page.attribute(".enrol img", "src").unwrap().starts_with("data:image/svg+xml,"));
        assert!(page.attribute(".enrol a", "href").unwrap().starts_with("otpauth://totp/bookings:Ann?secret="));
        let kept = accounts::second_factor(db.pools(), ann.id).unwrap().unwrap();
        assert!(!kept.confirmed && !kept.sealed.windows(20).any(|part| part == secret), "sealed");
        for wrong in ["", "12345", "no code", &wrong_code(&secret)] {
            let refused = anns.post(&format!("{PATH}/confirm"), &[("code", wrong)]).await;
            assert_refused(&refused, &[("invalid", "code")]);
        }
        assert_eq!(Browser::new(&app).sign_in("Ann", PASSWORD).await.status, 303, "it counts for nothing yet");
        let before = anns.cookies.clone();
        let done = anns.post(&format!("{PATH}/confirm"), &[("code", &code(&secret, 0))]).await;
        assert_eq!((done.status, codes(&done).len()), (200, 10));
        assert_ne!(anns.cookies, before, "a key of its own");
        assert_eq!(elsewhere.get("/").await.status, 303, "other browsers are signed out");
        assert!(anns.open(PATH).await.text("main").contains("10 of your recovery codes"));
        assert!(!anns.open(PATH).await.has("code"), "they were shown once");
        let again = anns.post(&format!("{PATH}/confirm"), &[("code", &code(&secret, 1))]).await;
        assert_eq!(again.status, 303, "nothing waits any more");
        let begun = anns.post(&format!("{PATH}/begin"), &AGAIN).await;
        assert_eq!(begun.status, 303);
        assert_eq!(accounts::second_factor(db.pools(), ann.id).unwrap().unwrap().sealed, kept.sealed, "it stays");
    });
}

#[test]
fn the_password_alone_opens_nothing_and_no_code_is_taken_twice() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut anns = Browser::signed_in(&app, "Ann").await;
        let (secret, _) = set_up(&mut anns).await;
        let used = code(&secret, 0);
        let mut other = Browser::new(&app);
        assert_eq!(other.get("/login/code").await.location(), "/login");
        other.get("/login?next=/clients").await;
        let before = other.cookies.clone();
        let fields = [("username", "Ann"), ("password", PASSWORD), ("next", "/clients")];
        let asked = other.post("/login", &fields).await;
        assert_eq!(asked.status, 200);
        assert!(asked.has("form[action='/login/code'] input[name=code][autocomplete=one-time-code]"));
        assert_ne!(other.cookies, before);
        assert_eq!(other.get("/clients").await.status, 303, "not signed in");
        assert_eq!(other.get("/login/code").await.status, 200);
        for wrong in [&used, &wrong_code(&secret), "12 34", "nonsense"] {
            let refused = other.post("/login/code", &[("code", wrong), ("next", "/clients")]).await;
            assert_refused(&refused, &[("invalid", "code")]);
            assert_eq!(refused.attribute("input[name=next]", "value").unwrap(), "/clients");
            assert!(!refused.body.contains(wrong), "no code is shown again");
        }
        assert_refused(&enter(&mut other, " ").await, &[("required", "code")]);
        let fresh = code(&secret, 1);
        let entered = other.post("/login/code", &[("code", &fresh), ("next", "/clients")]).await;
        assert_eq!((entered.status, entered.location()), (303, "/clients"));
        assert_eq!(other.get("/clients").await.status, 200);
        let mut third = Browser::new(&app);
        third.sign_in("Ann", PASSWORD).await;
        assert_refused(&enter(&mut third, &fresh).await, &[("invalid", "code")]);
    });
}

#[test]
fn a_form_sent_after_the_session_ended_survives_both_steps() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let (secret, _) = set_up(&mut Browser::signed_in(&app, "Ann").await).await;
        let mut anns = Browser::new(&app);
        let page = anns.post_raw("/bookings", &[("csrf_token", "old"), ("notes_internal", "an hour's typing")]).await;
        let form = Form::of(&page, "form[action='/login']").with("username", "Ann").with("password", PASSWORD);
        let page = anns.submit("/login", &form).await;
        let form = Form::of(&page, "form[action='/login/code']").with("code", &code(&secret, 1));
        let offer = anns.submit("/login/code", &form).await;
        assert_eq!(offer.status, 200);
        let kept = offer.attribute("form[action='/bookings'] input[name=notes_internal]", "value");
        assert_eq!(kept.as_deref(), Some("an hour's typing"));
    });
}

#[test]
fn a_changed_account_begins_its_sign_in_anew() {
    on_each_database(|db| async move {
        let ann = staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let (secret, _) = set_up(&mut Browser::signed_in(&app, "Ann").await).await;
        let mut anns = Browser::new(&app);
        anns.sign_in("Ann", PASSWORD).await;
        accounts::set_staff_active(db.pools(), ann.id, false, Utc::now()).unwrap();
        assert_eq!(enter(&mut anns, &code(&secret, 1)).await.status, 403);
        accounts::set_staff_active(db.pools(), ann.id, true, Utc::now()).unwrap();
        assert_eq!(enter(&mut anns, &code(&secret, 1)).await.status, 403);
        assert_eq!(anns.get("/").await.status, 303);
    });
}

#[test]
fn recovery_codes_open_once_each_and_can_be_made_anew() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut anns = Browser::signed_in(&app, "Ann").await;
        let (_, old) = set_up(&mut anns).await;
        let typed = old[3].to_lowercase().replace('-', " ");
        let mut other = Browser::new(&app);
        other.sign_in("Ann", PASSWORD).await;
        assert_eq!(enter(&mut other, &typed).await.status, 303);
        assert!(other.open(PATH).await.text("main").contains("9 of your recovery codes"));
        other.sign_in("Ann", PASSWORD).await;
        other.post("/logout", &[]).await;
        other.sign_in("Ann", PASSWORD).await;
        assert_refused(&enter(&mut other, &typed).await, &[("invalid", "code")]);
        anns.open(PATH).await;
        let refused = anns.post(&format!("{PATH}/codes"), &[("current_password", "wrong")]).await;
        assert_refused(&refused, &[("invalid", "current_password")]);
        let new = codes(&anns.post(&format!("{PATH}/codes"), &AGAIN).await);
        assert_eq!(new.len(), 10);
        assert_refused(&enter(&mut other, &old[0]).await, &[("invalid", "code")]);
        assert_eq!(enter(&mut other, &new[0]).await.status, 303);
    });
}

#[test]
fn codes_are_not_guessed_on_wherever_from() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let mut settings = settings(&db);
        settings.operation.trusted_proxies = vec![bookings_admin::auth::address::Network::parse("127.0.0.1").unwrap()];
        let app = serving(state(&db, settings)).await;
        let (secret, _) = set_up(&mut Browser::signed_in(&app, "Ann").await).await;
        for n in 0..10 {
            let mut guesser = Browser::new(&app);
            guesser.headers.push(("x-forwarded-for", format!("10.0.{n}.1")));
            guesser.sign_in("Ann", PASSWORD).await;
            assert_eq!(enter(&mut guesser, &wrong_code(&secret)).await.status, 422, "{n}");
        }
        let mut guesser = Browser::new(&app);
        assert_eq!(guesser.sign_in("Ann", PASSWORD).await.status, 200, "the password is no guess");
        let refused = enter(&mut guesser, &code(&secret, 1)).await;
        assert_eq!(refused.status, 429);
        assert!((1..=300).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
        assert!(refused.has("[data-code=throttled]"));
    });
}

#[test]
fn whose_role_needs_one_sets_it_up_before_anything_else() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        staff(db.pools(), "Sam", Role::Staff);
        let mut settings = settings(&db);
        settings.operation.second_factor = vec![Role::Owner, Role::Admin];
        let app = serving(state(&db, settings)).await;
        assert_eq!(Browser::signed_in(&app, "Sam").await.get("/").await.status, 200, "his doesn't");
        let mut olga = Browser::new(&app);
        olga.sign_in("Olga", PASSWORD).await;
        assert_eq!(olga.get("/").await.location(), PATH);
        let led = olga.get("/bookings?q=zo").await;
        assert_eq!(led.location(), "/profile/second-factor?next=%2Fbookings%3Fq%3Dzo");
        let page = olga.open(led.location()).await;
        assert!(page.text("main .notice").contains("Your role needs a second factor"));
        let posted = olga.post("/staff", &[("username", "Kim"), ("role", "owner")]).await;
        assert_eq!(posted.status, 403);
        assert_eq!(posted.attribute("form[action='/staff'] input[name=username]", "value").unwrap(), "Kim");
        assert!(accounts::staff_by_name(db.pools(), "Kim").unwrap().is_none());
        for path in ["/profile", "/audit", "/static/nothing"] {
            assert_ne!(olga.get(path).await.status, 200, "{path}");
        }
        let form = Form::of(&page, "form[action$='/begin']").with("current_password", PASSWORD);
        let begun = olga.submit(&format!("{PATH}/begin"), &form).await;
        assert_eq!(begun.location(), led.location(), "still known");
        let page = olga.open(begun.location()).await;
        let form = Form::of(&page, "form[action$='/confirm']").with("code", &code(&secret(&page), 0));
        let done = olga.submit(&format!("{PATH}/confirm"), &form).await;
        assert_eq!(done.attribute("main a.btn", "href").unwrap(), "/bookings?q=zo");
        assert_eq!(olga.get("/bookings?q=zo").await.status, 200);
        olga.open(PATH).await;
        assert_eq!(olga.post(&format!("{PATH}/remove"), &AGAIN).await.status, 303);
        assert_eq!(olga.get("/").await.location(), PATH, "and once more");
        olga.open(PATH).await;
        assert_eq!(olga.post("/logout", &[]).await.location(), "/login");
    });
}

#[test]
fn its_owner_removes_it_with_the_password() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let app = serving(state(&db, settings(&db))).await;
        let mut anns = Browser::signed_in(&app, "Ann").await;
        set_up(&mut anns).await;
        anns.open(PATH).await;
        let refused = anns.post(&format!("{PATH}/remove"), &[("current_password", "wrong")]).await;
        assert_refused(&refused, &[("invalid", "current_password")]);
        assert_eq!(anns.post(&format!("{PATH}/remove"), &AGAIN).await.status, 303);
        assert!(anns.open(PATH).await.has("form[action$='/begin']"));
        assert_eq!(Browser::new(&app).sign_in("Ann", PASSWORD).await.status, 303);
    });
}

#[test]
fn an_owner_resets_that_of_somebody_who_lost_it() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        let kim = staff(db.pools(), "Kim", Role::Admin);
        let app = serving(state(&db, settings(&db))).await;
        let mut kims = Browser::signed_in(&app, "Kim").await;
        let (secret, _) = set_up(&mut kims).await;
        let mut other = Browser::new(&app);
        other.sign_in("Kim", PASSWORD).await;
        enter(&mut other, &wrong_code(&secret)).await;
        let path = format!("/staff/{}", kim.id);
        let reset = format!("{path}/reset-second-factor");
        kims.open("/").await;
        assert_eq!(kims.post(&reset, &[("version", "1")]).await.status, 403, "an admin is no owner");
        let mut olga = Browser::signed_in(&app, "Olga").await;
        let page = olga.open(&path).await;
        assert!(page.text(".facts").contains("since"));
        let form = Form::of(&page, &format!("form[action='{reset}']"));
        assert_eq!(olga.submit(&reset, &form.clone().with("version", "7")).await.status, 409);
        assert_eq!(olga.submit(&reset, &form).await.status, 303);
        assert!(olga.open(&path).await.text("[role=status]").contains("no second factor now"));
        assert!(!olga.open(&path).await.has(&format!("form[action='{reset}']")));
        let form = Form::of(&olga.open(&path).await, &format!("form[action='{path}/link']"));
        assert_eq!(olga.submit(&reset, &form).await.status, 422, "there is none");
        assert_eq!(kims.get("/").await.status, 303, "signed out");
        assert_eq!(kims.sign_in("Kim", PASSWORD).await.status, 303);
        let kinds = all(&olga.open("/audit").await.html(), "tr[data-kind]", "data-kind");
        for kind in ["second_factor_set", "second_factor_failed", "second_factor_reset"] {
            assert!(kinds.iter().any(|found| found == kind), "{kind} in {kinds:?}");
        }
    });
}

#[test]
fn a_link_to_set_the_password_is_no_way_around() {
    on_each_database(|db| async move {
        staff(db.pools(), "Olga", Role::Owner);
        let kim = staff(db.pools(), "Kim", Role::Staff);
        let app = serving(state(&db, settings(&db))).await;
        let (secret, _) = set_up(&mut Browser::signed_in(&app, "Kim").await).await;
        let mut olga = Browser::signed_in(&app, "Olga").await;
        let path = format!("/staff/{}", kim.id);
        let form = Form::of(&olga.open(&path).await, &format!("form[action='{path}/link']"));
        olga.submit(&format!("{path}/link"), &form).await;
        let message = olga.open(&path).await.text("[role=status]");
        let link = message.split("http://localhost:8080").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let mut kims = Browser::new(&app);
        let form = Form::of(&kims.open(&link).await, "form.stack").with("new_password", "another long sentence");
        let asked = kims.submit("/welcome", &form).await;
        assert!(asked.status == 200 && asked.has("form[action='/login/code']"));
        assert_eq!(kims.get("/").await.status, 303);
        assert_eq!(enter(&mut kims, &code(&secret, 1)).await.status, 303);
        assert_eq!(kims.get("/").await.status, 200);
    });
}

fn keys(keys: &[u8]) -> Secrets {
    Secrets { keys: keys.iter().map(|byte| SecretKey(vec![*byte; 32])).collect(), lasting: true }
}

#[test]
fn a_new_key_signs_nobody_out_and_opens_what_the_old_one_sealed() {
    on_each_database(|db| async move {
        staff(db.pools(), "Ann", Role::Viewer);
        let with = |secrets: Secrets| state_with(&db, settings(&db), &secrets);
        let old = serving(with(keys(&[1]))).await;
        let mut anns = Browser::signed_in(&old, "Ann").await;
        let (secret, _) = set_up(&mut anns).await;
        let cookies = anns.cookies.clone();
        let both_state = with(keys(&[2, 1]));
        let both = serving(both_state.clone()).await;
        assert_eq!(second_factor::seal_anew(db.pools(), &both_state.sealer).unwrap(), 1);
        assert_eq!(second_factor::seal_anew(db.pools(), &both_state.sealer).unwrap(), 0);
        let mut anns = Browser::new(&both);
        anns.cookies = cookies.clone();
        let page = anns.get("/bookings").await;
        assert_eq!(page.status, 200);
        let cookie = page.header("set-cookie");
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
            "{cookie}"
        );
        let fresh = anns.cookies.clone();
        assert_ne!(fresh, cookies);
        assert_eq!(anns.get("/bookings").await.header("set-cookie"), "", "once");
        let new = serving(with(keys(&[2]))).await;
        let mut anns = Browser::new(&new);
        anns.cookies = fresh;
        assert_eq!(anns.get("/bookings").await.status, 200);
        anns.cookies = cookies;
        assert_eq!(anns.get("/bookings").await.status, 303, "the old key is gone");
        let mut other = Browser::new(&new);
        other.sign_in("Ann", PASSWORD).await;
        assert_eq!(enter(&mut other, &code(&secret, 1)).await.status, 303);
    });
}

#[test]
fn without_a_lasting_key_none_is_set_up() {
    on_each_database(|db: TestDatabase| async move {
        let ann = staff(db.pools(), "Ann", Role::Viewer);
        let secrets = Secrets { lasting: false, ..keys(&[1]) };
        let app = serving(state_with(&db, settings(&db), &secrets)).await;
        let mut anns = Browser::signed_in(&app, "Ann").await;
        anns.open(PATH).await;
        let refused = anns.post(&format!("{PATH}/begin"), &AGAIN).await;
        assert_refused(&refused, &[("invalid", "")]);
        assert!(refused.text("[role=alert]").contains("BOOKINGS_SECRET_KEY"));
        assert_eq!(accounts::second_factor(db.pools(), ann.id).unwrap(), None);
        let reset = accounts::reset_second_factor(db.pools(), ann.id, Utc::now());
        assert!(matches!(reset, Err(StaffError::NoSecondFactor)));
    });
}
