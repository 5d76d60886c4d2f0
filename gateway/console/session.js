// The session of the page: a cookie that no script can read. Each request has it.
"use strict";

/** Send a request; returns the decoded answer. Throws an Error with a sentence for people. */
async function api(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error("The server does not answer.");
  }
  return read(answer);
}

async function read(answer) {
  const text = await answer.text();
  let content = null;
  try {
    content = text ? JSON.parse(text) : null;
  } catch {
    content = { message: text };
  }
  if (answer.ok) return content;
  if (answer.status === 401) Alpine.store("session").end("Your session has ended: log in again.");
  throw new Error((content && content.message) || `The server answered ${answer.status}.`);
}

/** What every list of the page has: rows, an error in words, and whether it was read at all. */
function list(path, seconds) {
  return {
    rows: [],
    error: "",
    read: false,
    timer: 0,
    init() {
      this.load();
      if (seconds) this.timer = setInterval(() => this.load(), seconds * 1000);
    },
    destroy() {
      clearInterval(this.timer);
    },
    async load() {
      try {
        this.took(await api("GET", path));
        this.error = "";
      } catch (error) {
        this.error = error.message;
      }
      this.read = true;
    },
    took(answer) {
      this.rows = answer;
    },
    get empty() {
      return this.read && !this.error && this.rows.length === 0;
    },
  };
}

/** Objects with getters can't be spread: their getters would be called. */
function extended(base, more) {
  return Object.defineProperties(base, Object.getOwnPropertyDescriptors(more));
}

const shown = {
  json: (value) => JSON.stringify(value, null, 2),
  time: (text) => (text ? text.slice(0, 19).replace("T", " ") : "–"),
  moment: (text) => text.slice(5, 19).replace("T", " "),
  seconds(number) {
    if (number === null || number === undefined) return "–";
    if (number < 120) return `${Math.round(number * 10) / 10} s`;
    return number < 7200 ? `${Math.round(number / 60)} min` : `${Math.round(number / 3600)} h`;
  },
  number: (value) => (value === null || value === undefined ? "–" : String(value)),
};

document.addEventListener("alpine:init", () => {
  Alpine.magic("shown", () => shown);

  Alpine.store("session", {
    known: false,
    person: null,
    said: "",
    asked: false,
    get isAdmin() {
      return Boolean(this.person) && this.person.role === "admin";
    },
    get who() {
      return this.person ? `${this.person.full_name}, ${this.person.role}` : "";
    },
    async look() {
      try {
        this.person = (await (await fetch("auth/authenticated")).json()).user || null;
      } catch {
        this.said = "The server does not answer.";
      }
      this.known = true;
    },
    async enter(form) {
      const given = Object.fromEntries(new FormData(form));
      const code = (given.code || "").trim();
      delete given.code;
      if (code) given[/^\d{6}$/.test(code) ? "totp" : "recovery_code"] = code;
      this.said = "";
      try {
        const answer = await fetch("auth/login", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(given),
        });
        this.answered(form, await answer.json());
      } catch {
        this.said = "The server does not answer.";
      }
    },
    answered(form, body) {
      if (body.login) {
        form.reset();
        this.person = body.user;
        this.asked = false;
      } else if (body.missing_OTP) {
        this.asked = true;
        this.said = "This account has a second factor: enter a code, too.";
      } else this.said = body.message || "Wrong e-mail or password.";
    },
    async leave() {
      await fetch("auth/logout");
      this.end("");
    },
    end(said) {
      this.person = null;
      this.said = said;
    },
  });

  const tabs = ["events", "subscribers", "webhooks", "letters", "services"];
  Alpine.store("tab", {
    now: "events",
    follow() {
      const wanted = location.hash.slice(1);
      this.now = tabs.includes(wanted) ? wanted : "events";
    },
    is(name) {
      return this.now === name;
    },
    current(name) {
      return this.now === name ? "page" : null;
    },
  });

  Alpine.data("page", () => ({
    init() {
      const tab = Alpine.store("tab");
      tab.follow();
      addEventListener("hashchange", () => tab.follow());
      Alpine.store("session").look();
    },
    submit() {
      Alpine.store("session").enter(this.$refs.form);
    },
  }));
});
