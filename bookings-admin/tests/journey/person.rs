//! A person at a browser: looks for things and waits until they are there.

use std::rc::Rc;
use std::time::Duration;

use fantoccini::actions::{
    Actions, InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use crate::chrome::{Driver, Kind};
use crate::common::PASSWORD;

pub struct Person {
    driver: Rc<Driver>,
    browser: Client,
    address: String,
}

impl Person {
    pub async fn at(driver: Rc<Driver>, kind: Kind, address: &str) -> Person {
        Person { browser: driver.browser(kind).await, driver, address: address.into() }
    }

    pub async fn go(&self, path: &str) {
        self.browser.goto(&format!("{}{path}", self.address)).await.unwrap();
    }

    /// Signs in as Ann on the way to `path`.
    pub async fn sign_in(&self, path: &str) {
        self.sign_in_as("Ann", path).await;
    }

    pub async fn sign_in_as(&self, name: &str, path: &str) {
        self.go(path).await;
        self.write("#username", name).await;
        self.write("#password", PASSWORD).await;
        self.follow("form[action='/login'] button").await;
        self.see("form[action='/logout']").await;
        assert_eq!(self.browser.current_url().await.unwrap().path(), path);
    }

    /// The first element that fits, once it is there.
    pub async fn see(&self, selector: &str) -> Element {
        match self.browser.wait().for_element(Locator::Css(selector)).await {
            Ok(element) => element,
            Err(error) => {
                let page = self.browser.find(Locator::Css("body")).await.unwrap().text().await.unwrap();
                panic!("no {selector}: {error} on\n{page}")
            }
        }
    }

    /// The element of that id, once these words are in it.
    pub async fn see_words(&self, id: &str, words: &str) {
        let path = format!("//*[@id='{id}' and contains(., '{words}')]");
        self.browser.wait().for_element(Locator::XPath(&path)).await.unwrap();
    }

    pub async fn has(&self, selector: &str) -> bool {
        !self.browser.find_all(Locator::Css(selector)).await.unwrap().is_empty()
    }

    /// Presses what leads to another page, and waits for that page.
    pub async fn follow(&self, selector: &str) {
        let button = self.see(selector).await;
        self.browser.execute("document.documentElement.dataset.left = ''", Vec::new()).await.unwrap();
        button.click().await.unwrap();
        self.see("html:not([data-left]) main").await;
    }

    /// Presses what changes this page.
    pub async fn press(&self, selector: &str) {
        self.see(selector).await.click().await.unwrap();
    }

    /// As [`press`](Person::press), with Shift held.
    pub async fn press_with_shift(&self, selector: &str) {
        let element = self.see(selector).await;
        let (wait, shift) = (Duration::ZERO, char::from(Key::Shift));
        let keys = KeyActions::new("keys".into())
            .then(KeyAction::Down { value: shift })
            .then(KeyAction::Pause { duration: wait })
            .then(KeyAction::Pause { duration: wait })
            .then(KeyAction::Pause { duration: wait })
            .then(KeyAction::Up { value: shift });
        let mouse = MouseActions::new("mouse".into())
            .then(PointerAction::Pause { duration: wait })
            .then(PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.browser.perform_actions(Actions::from(keys).and(mouse)).await.unwrap();
    }

    /// Types into what is there.
    pub async fn keys(&self, selector: &str, keys: &str) {
        self.see(selector).await.send_keys(keys).await.unwrap();
    }

    /// Types what leads to another page, and waits for that page.
    pub async fn keys_away(&self, selector: &str, keys: &str) {
        self.browser.execute("document.documentElement.dataset.left = ''", Vec::new()).await.unwrap();
        self.keys(selector, keys).await;
        self.see("html:not([data-left]) main").await;
    }

    pub async fn write(&self, selector: &str, text: &str) {
        let field = self.see(selector).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses in a select by what it shows.
    pub async fn choose(&self, selector: &str, label: &str) {
        self.see(selector).await.select_by_label(label).await.unwrap();
    }

    /// What is on the page, in words.
    pub async fn page(&self) -> String {
        self.text("body").await
    }

    /// Sets a date or time: what keys that takes depends on the machine's language, so it is set as a picker would.
    pub async fn pick(&self, selector: &str, value: &str) {
        let field = self.see(selector).await;
        let script =
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))";
        self.browser.execute(script, vec![serde_json::to_value(&field).unwrap(), json!(value)]).await.unwrap();
    }

    /// Presses Tab until what fits has the focus, as somebody without a mouse does; fails after `most` times.
    pub async fn tab_to(&self, selector: &str, most: usize) {
        for _ in 0..most {
            let script = "return !!document.activeElement?.matches(arguments[0])";
            if self.browser.execute(script, vec![json!(selector)]).await.unwrap() == json!(true) {
                return;
            }
            self.browser.active_element().await.unwrap().send_keys("\u{e004}").await.unwrap();
        }
        panic!("{selector} is not reached by {most} tabs");
    }

    /// Presses Enter where the focus is, and waits for the page that it leads to.
    pub async fn enter(&self) {
        self.browser.execute("document.documentElement.dataset.left = ''", Vec::new()).await.unwrap();
        self.browser.active_element().await.unwrap().send_keys("\u{e007}").await.unwrap();
        self.see("html:not([data-left]) main").await;
    }

    /// Fills the form of a new booking; `start` as `2026-11-23T10:15`.
    pub async fn fill_booking(&self, provider: &str, start: &str, client: &str) {
        self.see("#service_id").await.select_by_label("Massage").await.unwrap();
        self.see("#provider_id").await.select_by_label(provider).await.unwrap();
        self.pick("#start_at", start).await;
        self.write("#client_name", client).await;
        self.write("#client_email", "someone@example.com").await;
    }

    pub async fn text(&self, selector: &str) -> String {
        self.see(selector).await.text().await.unwrap()
    }

    pub async fn attribute(&self, selector: &str, name: &str) -> String {
        self.see(selector).await.attr(name).await.unwrap().unwrap_or_default()
    }

    pub async fn value(&self, selector: &str) -> String {
        self.see(selector).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Kinds of the events on a booking's page, newest first.
    pub async fn events(&self) -> Vec<String> {
        self.see("[data-event]").await;
        let mut kinds = Vec::new();
        for event in self.browser.find_all(Locator::Css("[data-event]")).await.unwrap() {
            kinds.push(event.attr("data-event").await.unwrap().unwrap());
        }
        kinds
    }

    /// Goes on in another tab; the first one stays as it is.
    pub async fn open_tab(&self) {
        let tab = self.browser.new_window(true).await.unwrap();
        self.browser.switch_to_window(tab.handle).await.unwrap();
    }

    /// Closes this tab and goes on in the first.
    pub async fn close_tab(&self) {
        self.browser.close_window().await.unwrap();
        let first = self.browser.windows().await.unwrap().remove(0);
        self.browser.switch_to_window(first).await.unwrap();
    }

    /// Fails where the page can be scrolled sideways.
    pub async fn fits(&self, what: &str) {
        let script = "const { scrollWidth, clientWidth } = document.documentElement;
            const wide = [...document.querySelectorAll('body *')]
                .filter((one) => !one.parentElement.closest('.scroll') && one.getBoundingClientRect().right > clientWidth + .5)
                .map((one) => one.outerHTML.slice(0, 200));
            return [scrollWidth, clientWidth, wide.slice(0, 3)]";
        let widths = self.browser.execute(script, Vec::new()).await.unwrap();
        assert_eq!(widths[0], widths[1], "{what}: {:#}", widths[2]);
    }

    /// No error of a script and nothing against the page's own policy.
    pub async fn complained_of_nothing(&self) {
        let session = self.browser.session_id().await.unwrap().unwrap();
        let complaints: Vec<Value> = self.driver.log(&session);
        // An answer of 422 is one to the browser.
        let ours = |entry: &&Value| entry["source"] != "network";
        assert_eq!(complaints.iter().filter(ours).collect::<Vec<_>>(), Vec::<&Value>::new());
    }

    pub async fn leave(self) {
        self.browser.close().await.unwrap();
    }
}
