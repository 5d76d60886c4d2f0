// The live tail of events.
"use strict";

document.addEventListener("alpine:init", () => {
  /** Events that are kept on the page, and while it is paused. */
  const MOST = 500;

  Alpine.data("events", () => ({
    filter: { names: "", project_id: "", person_id: "", entity_id: "", task_id: "", since: "0" },
    productions: [],
    people: [],
    rows: [],
    waiting: [],
    dropped: 0,
    paused: false,
    status: "",
    error: "",
    chosen: null,
    turn: 0,
    stop() {},
    async init() {
      this.restart();
      const [productions, people] = await Promise.allSettled([
        api("GET", "data/projects"),
        api("GET", "data/persons"),
      ]);
      this.productions = productions.value || [];
      this.people = people.value || [];
    },
    destroy() {
      this.stop();
    },
    get query() {
      const query = new URLSearchParams();
      this.filter.names.split(/[\s,]+/).filter(Boolean).forEach((name) => query.append("name", name));
      for (const name of ["project_id", "person_id", "entity_id", "task_id"]) {
        const value = this.filter[name].trim();
        if (value) query.set(name, value);
      }
      const minutes = Number(this.filter.since);
      if (minutes) {
        const since = new Date(Date.now() - minutes * 60000).toISOString();
        query.set("since", since.slice(0, 19));
      }
      return query;
    },
    restart() {
      this.stop();
      Object.assign(this, { rows: [], waiting: [], dropped: 0, chosen: null, error: "" });
      this.status = "connecting …";
      this.turn += 1;
      const { turn } = this;
      // What an earlier stream still had under way is not shown.
      const stream = new Stream(
        this.query,
        (name, event) => turn === this.turn && this.took(name, event),
        (text, isError) => turn === this.turn && this.say(text, isError),
      );
      this.stop = () => stream.stop();
    },
    say(text, isError) {
      this.status = isError ? "" : text;
      this.error = isError ? text : "";
    },
    took(name, event) {
      if (name === "gap") {
        this.error = `The events from ${event.from} to ${event.to} are no longer kept.`;
        return;
      }
      // Frozen: Alpine would watch every field of every event.
      this.waiting.push(Object.freeze(event));
      if (this.waiting.length > MOST) {
        this.waiting.shift();
        this.dropped += 1;
      }
      if (!this.paused) this.show();
    },
    show() {
      this.rows = [...this.waiting.splice(0).reverse(), ...this.rows].slice(0, MOST);
      this.dropped = 0;
    },
    toggle() {
      this.paused = !this.paused;
      if (!this.paused) this.show();
    },
    clear() {
      Object.assign(this, { rows: [], waiting: [], dropped: 0, chosen: null });
    },
    choose(event) {
      this.chosen = this.chosen === event ? null : event;
    },
    isChosen(event) {
      return this.chosen === event;
    },
    get label() {
      return this.paused ? "Resume" : "Pause";
    },
    get held() {
      if (!this.paused || !this.waiting.length) return "";
      const lost = this.dropped ? `, ${this.dropped} older ones dropped` : "";
      return `${this.waiting.length} new${lost}`;
    },
    get empty() {
      return !this.rows.length && !this.error;
    },
    get full() {
      return this.chosen ? shown.json(this.chosen) : "";
    },
    production(event) {
      return (event.about.project && event.about.project.name) || "";
    },
    subject(event) {
      const { entity, task_type: type, person } = event.about;
      return [entity && entity.path, type && type.name, person && person.full_name]
        .filter(Boolean)
        .join(" · ");
    },
    actor(event) {
      return event.actor ? event.actor.full_name : "";
    },
    changes(event) {
      return Object.keys(event.changes).join(", ");
    },
    close() {
      this.chosen = null;
    },
  }));
});
