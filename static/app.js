// Conveniences on top of pages that are complete without them.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
// Storage may be switched off; then nothing is remembered.
const stored = (storage, key) => { try { return storage()[key] ?? null; } catch { return null; } };
const store = (storage, key, value) => {
  try { value === null ? storage().removeItem(key) : storage().setItem(key, value); } catch { /* not remembered */ }
};
const session = () => window.sessionStorage;
// Once nothing more was typed for a moment.
const unhurried = (act) => {
  let waiting;
  return () => { clearTimeout(waiting); waiting = setTimeout(act, 120); };
};

// Theme and shortcuts: the server keeps and prints them. The profile has the same as a form.
const shortcutsOn = () => document.documentElement.dataset.shortcuts !== "off";

function prefer(name, value) {
  document.documentElement.dataset[name] = value;
  const body = new URLSearchParams({ csrf_token: document.querySelector("[name=csrf_token]").value, [name]: value });
  fetch("/profile/preferences", { method: "POST", body, redirect: "manual", keepalive: true })
    .then(() => { document.documentElement.dataset.kept = name; })
    .catch(() => { /* for this page only */ });
}

function preferences(place) {
  const chosen = document.documentElement.dataset.theme || "system";
  const themes = make("fieldset", { className: "options" }, make("legend", { textContent: "Colours" }));
  for (const [value, text] of [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]]) {
    const input = make("input", { type: "radio", name: "theme", value, checked: value === chosen });
    input.addEventListener("change", () => prefer("theme", value));
    themes.append(make("label", { className: "check" }, input, make("span", { textContent: text })));
  }
  const keys = make("input", { type: "checkbox", checked: shortcutsOn() });
  keys.addEventListener("change", () => prefer("shortcuts", keys.checked ? "on" : "off"));
  place.append(themes, make("label", { className: "check" }, keys, make("span", { textContent: "Shortcuts: / or Ctrl K to search" })));
}

// Search by / or Ctrl K, from anywhere: a box over the page with the results of the search page. Arrows choose, Enter goes.
function palette(search) {
  const list = make("div", { className: "found", id: "palette-found", role: "listbox", ariaLabel: "Results" });
  const said = make("p", { className: "quiet", role: "status" });
  const input = make("input", { type: "search", name: "q", maxLength: 200, autocomplete: "off", role: "combobox", ariaExpanded: "false", ariaAutoComplete: "list", ariaLabel: search.labels[0].textContent, placeholder: "Client, phone, reference, provider, page" });
  input.setAttribute("aria-controls", list.id);
  const form = make("form", { action: "/find", role: "search" }, input);
  const dialog = make("dialog", { className: "palette", ariaLabel: "Search" }, form, list, said);
  const options = () => all("a", list);
  const chosen = () => options().find((option) => option.ariaSelected === "true");
  const choose = (option) => {
    options().forEach((one) => { one.ariaSelected = String(one === option); });
    input.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({ block: "nearest" });
  };
  const show = (html) => {
    const part = new DOMParser().parseFromString(html, "text/html");
    all("section", part).forEach((section, place) => {
      const heading = section.querySelector("h2");
      Object.assign(heading, { id: `palette-${place}`, role: "presentation" });
      section.role = "group";
      section.setAttribute("aria-labelledby", heading.id);
      all("ul, li", section).forEach((one) => { one.role = "none"; });
    });
    all("a", part).forEach((one, place) => Object.assign(one, { id: `palette-option-${place}`, role: "option", tabIndex: -1 }));
    list.replaceChildren(...all("section", part));
    const count = options().length;
    list.hidden = !count;
    input.ariaExpanded = String(count > 0);
    said.textContent = part.querySelector(".none")?.textContent ?? (count ? `${count} result${count === 1 ? "" : "s"}` : "");
    choose(options()[0]);
  };
  let turn = 0;
  const ask = async () => {
    const [mine, words] = [++turn, input.value.trim()];
    let html = "";
    if (words) {
      try {
        const answer = await fetch(`/find?part=results&q=${encodeURIComponent(words)}`);
        // The session has ended: sign in, then go on with the search.
        if (answer.redirected) return form.submit();
        html = await answer.text();
      } catch { html = '<p class="none">The server can\u2019t be reached.</p>'; }
    }
    if (mine === turn) show(html);
    dialog.dataset.answered = words;
  };
  input.addEventListener("input", unhurried(ask));
  input.addEventListener("keydown", (event) => {
    // By itself it would first empty a search field.
    if (event.key === "Escape") { event.preventDefault(); return dialog.close(); }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const offered = options();
    if (!step || !offered.length) return;
    event.preventDefault();
    choose(offered[(offered.indexOf(chosen()) + step + offered.length) % offered.length]);
  });
  form.addEventListener("submit", (event) => {
    // What was typed since is not answered yet: the page of results knows.
    if (!chosen() || dialog.dataset.answered !== input.value.trim()) return;
    event.preventDefault();
    chosen().click();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  search.after(make("kbd", { textContent: "/", ariaHidden: "true" }));
  document.body.append(dialog);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    const k = event.key === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (!(slash || k) || !shortcutsOn()) return;
    event.preventDefault();
    if (!dialog.open) {
      input.value = "";
      show("");
      dialog.showModal();
    }
  });
}

// A form is sent once. Buttons are marked after the submit event, so that the pressed one still sends its value.
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    setTimeout(() => all("button", form).forEach((button) => button.setAttribute("aria-disabled", "true")));
  });
}
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of all("form[data-sent]")) {
    delete form.dataset.sent;
    all("button", form).forEach((button) => button.removeAttribute("aria-disabled"));
  }
});

// Drafts: what was typed outlives a closed page, an ended session, a crash; only in this tab, and until it was saved.
const draftKey = (form) => `draft:${form.getAttribute("action")}`;
const typedControls = (form) =>
  [...form.elements].filter((control) => control.name && !["hidden", "password", "submit", "button"].includes(control.type));
const snapshot = (form) =>
  typedControls(form).map((control) => {
    if (control.type === "checkbox" || control.type === "radio") return [control.name, control.value, control.checked];
    return [control.name, control.value];
  });

function drafts(form) {
  const key = draftKey(form);
  const before = JSON.stringify(snapshot(form));
  const version = form.elements.version;
  let leaving = false;
  const dirty = () => JSON.stringify(snapshot(form)) !== before;
  const save = (sent) => {
    const draft = { version: version?.value, sent, at: Date.now(), values: snapshot(form) };
    store(session, key, dirty() || sent ? JSON.stringify(draft) : null);
  };
  const kept = JSON.parse(stored(session, key) ?? "null");
  const redisplayed = document.querySelector(".summary");
  if (kept && !redisplayed && JSON.stringify(kept.values) !== before) offer(form, kept, key);
  form.addEventListener("input", () => save());
  form.addEventListener("submit", () => {
    leaving = true;
    // Sent but perhaps never answered: sending it again under the same key can't book twice.
    save(form.elements.idempotency_key?.value);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) leaving = false; });
  addEventListener("beforeunload", (event) => { if (!leaving && dirty()) event.preventDefault(); });
}

function offer(form, kept, key) {
  const restore = make("button", { type: "button", className: "btn small", textContent: "Bring it back" });
  const discard = make("button", { type: "button", className: "btn small", textContent: "Discard" });
  const time = new Date(kept.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const box = make("div", { className: "draft", role: "status" }, make("p", { textContent: `You typed something here at ${time} that was not saved.` }), restore, discard);
  restore.addEventListener("click", () => {
    for (const [name, value, checked] of kept.values) {
      for (const control of typedControls(form).filter((one) => one.name === name)) {
        if (checked === undefined) control.value = value;
        else if (control.value === value) control.checked = checked;
      }
    }
    // The version typed against, so that a change by someone else in between is noticed.
    if (kept.version && form.elements.version) form.elements.version.value = kept.version;
    if (kept.sent && form.elements.idempotency_key) form.elements.idempotency_key.value = kept.sent;
    form.dispatchEvent(new Event("change", { bubbles: true }));
    box.remove();
  });
  discard.addEventListener("click", () => { store(session, key, null); box.remove(); });
  const details = form.closest("details");
  if (details) details.open = true;
  form.prepend(box);
}

function forgetDrafts() {
  try { Object.keys(sessionStorage).filter((key) => key.startsWith("draft:")).forEach((key) => sessionStorage.removeItem(key)); } catch { /* none kept */ }
}

// Add-ons of the chosen service only.
function addonsOfService(form) {
  const fieldset = form.querySelector(".addons");
  const services = all('[name="service_id"]', form);
  if (!fieldset || !services.length) return;
  const show = () => {
    const chosen = services[0].type === "radio" ? services.find((radio) => radio.checked)?.value : services[0].value;
    let any = false;
    for (const group of all("[data-addons-of]", fieldset)) {
      const fits = group.dataset.addonsOf === chosen;
      any ||= fits;
      group.hidden = !fits;
      all("input", group).forEach((input) => { input.disabled = !fits; });
    }
    fieldset.hidden = !any;
  };
  form.addEventListener("change", show);
  show();
}

// Beside a provider that does not give the chosen service, it says so.
function providersOfService(form) {
  const services = all('[name="service_id"]', form);
  const providers = all("[data-only]", form);
  if (!services.length || !providers.length) return;
  const show = () => {
    const chosen = services[0].type === "radio" ? services.find((radio) => radio.checked)?.value : services[0].value;
    for (const provider of providers) {
      const place = provider.nextElementSibling?.matches("span") ? provider.nextElementSibling : provider;
      provider.dataset.label ??= place.textContent;
      const gives = !chosen || provider.dataset.only.split(" ").includes(chosen.slice(0, 8));
      place.textContent = provider.dataset.label + (gives ? "" : " · does not give this service");
    }
  };
  form.addEventListener("change", show);
  show();
}

// A typed start in words, so that a wrong day is seen at once.
function preview(input) {
  const output = make("output", { className: "preview" });
  const show = () => {
    const at = new Date(`${input.value}Z`);
    output.value = Number.isNaN(at.getTime()) ? "" : at.toLocaleString("en-GB", { timeZone: "UTC", weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" });
  };
  input.after(output);
  input.form?.addEventListener("input", show);
  input.form?.addEventListener("change", show);
  show();
}

// Summary: read out and reached first; its links go to the control itself.
function summary(box) {
  box.focus({ preventScroll: true });
  box.addEventListener("click", (event) => {
    const id = event.target.closest?.('a[href^="#"]')?.hash.slice(1);
    const control = id && all(`[aria-describedby~="${id}"]`).map((one) => (one.matches("fieldset") ? one.querySelector("input") : one))[0];
    if (!control) return;
    event.preventDefault();
    control.focus();
    document.getElementById(id).scrollIntoView({ block: "center" });
  });
}

// Too many choices to be on every page are fetched when their menu is opened, and searched as one types.
function choices(details) {
  const [form, menu] = [details.closest("form"), details.querySelector(".menu")];
  const ask = async (words) => {
    const query = new URLSearchParams(new FormData(form));
    query.set("menu", details.dataset.menu);
    query.set("menu_q", words);
    const answer = await fetch(`${form.action}?${query}`).catch(() => null);
    const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
    return page?.querySelector(`[data-menu="${details.dataset.menu}"] .menu`);
  };
  const ticked = () => all("input:checked", menu).map((input) => input.closest("label"));
  let turn = 0;
  const find = async (words) => {
    const mine = ++turn;
    const found = await ask(words);
    if (mine !== turn || !found) return;
    // Ticked meanwhile, or found no more: it stays.
    const kept = ticked();
    const options = found.querySelector(".options");
    for (const label of kept) {
      const { value } = label.querySelector("input");
      const same = all("input", options).find((input) => input.value === value);
      if (same) same.checked = true;
      else options.prepend(label);
    }
    if (!menu.querySelector("[type=search]")) return menu.replaceChildren(...found.children);
    menu.querySelector(".options").replaceWith(options);
    menu.querySelector("[role=status]").replaceWith(found.querySelector("[role=status]"));
  };
  details.addEventListener("toggle", async () => {
    if (!details.open || !menu.querySelector("button[name=menu]") || menu.querySelector("[type=search]")) return;
    await find("");
    if (details.open && matchMedia("(hover: hover)").matches) menu.querySelector("[type=search]")?.focus();
  });
  const findTyped = () => find(menu.querySelector("[type=search]").value.trim());
  const later = unhurried(findTyped);
  menu.addEventListener("input", (event) => { if (event.target.matches("[type=search]")) later(); });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[type=search]")) return;
    event.preventDefault();
    findTyped();
  });
}

// A box for all rows of the page, how many are ticked, and a run of rows by Shift.
function ticks(head) {
  const bulk = document.getElementById("bulk");
  const boxes = all(`input[name="reference"][form="${bulk.id}"]`);
  const every = make("input", { type: "checkbox", ariaLabel: "Select all on this page" });
  head.append(make("label", {}, every));
  const label = bulk.querySelector("label");
  const show = () => {
    const many = boxes.filter((box) => box.checked).length;
    every.checked = many === boxes.length;
    every.indeterminate = many > 0 && many < boxes.length;
    label.textContent = many ? `With ${many} selected` : "With selected";
  };
  let last = -1;
  head.closest("table").addEventListener("click", ({ target, shiftKey }) => {
    const here = boxes.indexOf(target);
    if (target === every) boxes.forEach((box) => { box.checked = every.checked; });
    else if (here < 0) return;
    else if (shiftKey && last >= 0) boxes.slice(Math.min(here, last), Math.max(here, last) + 1).forEach((box) => { box.checked = target.checked; });
    last = here;
    show();
  });
  addEventListener("pageshow", show);
}

// Menus close on Escape and on a click elsewhere.
function menus() {
  const open = () => all("details.pop[open], details.account[open]");
  document.addEventListener("click", (event) => open().filter((menu) => !menu.contains(event.target)).forEach((menu) => { menu.open = false; }));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    }
  });
}

// The end of a session is said before it comes. Going on working prolongs it; only by a press does this page.
function sessionEnd(body) {
  const minutes = 5;
  let ends = Date.now() + body.dataset.sessionLeft * 1000;
  let said = "";
  const box = make("div", { className: "flash", role: "alert", id: "session-end" });
  const stay = make("button", { type: "button", className: "btn small", textContent: "Stay signed in" });
  stay.addEventListener("click", async () => {
    const page = await fetch("/profile").then((answer) => answer.text()).catch(() => "");
    const left = new DOMParser().parseFromString(page, "text/html").body.dataset.sessionLeft;
    ends = Date.now() + (left ?? 0) * 1000;
    check();
  });
  const say = (text, ...more) => {
    if (text === said) return;
    said = text;
    text ? box.replaceChildren(make("p", { textContent: text }), ...more) : box.remove();
    if (text) document.getElementById("main").prepend(box);
  };
  const check = () => {
    const left = ends - Date.now();
    const at = new Date(ends).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    if (left <= 0) say("Your session has ended. What you typed is still here: send it, sign in, and send it again.");
    else if (left < minutes * 60000) say(`Your session ends at ${at}.`, stay);
    else say("");
  };
  check();
  setInterval(check, 15000);
}

// In a search for a choice, Enter searches.
const enterFinds = (input) => input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  input.parentElement.querySelector("button").click();
});

all("[data-preferences]").forEach(preferences);
all("#site-q").forEach(palette);
if (document.querySelector(".flash")) forgetDrafts();
all('form[action="/logout"]').forEach((form) => form.addEventListener("submit", forgetDrafts));
all('form[method="post"]').forEach(sendOnce);
all("form").forEach(addonsOfService);
all("form").forEach(providersOfService);
all('input[type="datetime-local"]').forEach(preview);
all("form[data-draft]").forEach(drafts);
all(".picker input[type=search]").forEach(enterFinds);
all("[data-session-left]").forEach(sessionEnd);
all(".summary").forEach(summary);
all("[data-menu]").forEach(choices);
all("thead .tick").forEach(ticks);
menus();
