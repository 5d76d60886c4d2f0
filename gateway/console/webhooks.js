// Webhooks: how far each is behind, what was sent, and what is done about it. Accounts of programs.
"use strict";

document.addEventListener("alpine:init", () => {
  Alpine.data("webhooks", () =>
    extended(list("data/console/webhooks", 2), {
      chosen: "",
      said: "",
      deliveries: [],
      delivery: null,
      event: "",
      page: 1,
      pages: 1,
      range: { from: "", to: "" },
      took(rows) {
        this.rows = rows;
        if (this.chosen && this.page === 1) this.log();
      },
      async act(verb, row, body) {
        this.said = "";
        try {
          const answer = await api("POST", `data/webhooks/${row.id}/${verb}`, body);
          this.said = this.told(verb, answer);
          await this.load();
        } catch (error) {
          this.said = error.message;
        }
      },
      told(verb, answer) {
        if (verb === "pause") return "Paused: what happens meanwhile is sent when it is resumed.";
        if (verb === "resume") return "Resumed: it goes on where it stopped.";
        if (verb === "replay") {
          const { from_position: from, to_position: to } = answer;
          return `Positions ${from} to ${to} are being sent again.`;
        }
        return answer.error
          ? `The test failed: ${answer.error}`
          : `The test was answered with ${answer.status}, in ${answer.duration_ms} ms.`;
      },
      pause(row) {
        return this.act("pause", row);
      },
      resume(row) {
        return this.act("resume", row);
      },
      test(row) {
        return this.act("test", row);
      },
      replay() {
        const order = {};
        for (const end of ["from", "to"]) {
          const text = this.range[end].trim();
          order[/^\d+$/.test(text) ? `${end}_position` : `${end}_time`] = /^\d+$/.test(text)
            ? Number(text)
            : text.replace(" ", "T");
        }
        return this.act("replay", { id: this.chosen }, order);
      },
      choose(row) {
        const closes = this.chosen === row.id;
        Object.assign(this, { deliveries: [], delivery: null, event: "", page: 1, pages: 1, said: "" });
        this.chosen = closes ? "" : row.id;
        if (!closes) this.log();
      },
      isChosen(row) {
        return this.chosen === row.id;
      },
      async log() {
        const wanted = this.chosen;
        try {
          const path = `data/webhooks/${wanted}/deliveries?limit=20&page=${this.page}`;
          const answer = await api("GET", path);
          if (this.chosen !== wanted) return;
          this.deliveries = answer.data;
          this.pages = Math.max(1, answer.nb_pages);
        } catch (error) {
          this.said = error.message;
        }
      },
      turn(step) {
        this.page = Math.min(this.pages, Math.max(1, this.page + step));
        this.log();
      },
      async open(delivery) {
        this.delivery = delivery;
        this.event = delivery.position === null ? "A test: the event is made up." : "…";
        if (delivery.position === null) return;
        try {
          const after = delivery.position - 1;
          const { events } = await api("GET", `events?after=${after}&limit=1`);
          const found = events.find((one) => one.position === delivery.position);
          this.event = found ? shown.json(found) : "The history has it no more.";
        } catch (error) {
          this.event = error.message;
        }
      },
      get request() {
        return this.delivery ? shown.json(this.delivery.headers) : "";
      },
      get answer() {
        if (!this.delivery) return "";
        return this.delivery.error || this.delivery.answer || "(nothing)";
      },
      get title() {
        const row = this.rows.find((one) => one.id === this.chosen);
        return row ? row.url : "";
      },
      lag(row) {
        return row.behind ? `${row.behind} positions, ${shown.seconds(row.lag_seconds)}` : "none";
      },
      names(row) {
        return row.names.join(" ") || "all events";
      },
      trouble(row) {
        if (row.reason) return row.reason;
        if (!row.failures) return "";
        return `${row.failures} failed since ${shown.time(row.failing_since)}`;
      },
      outcome(delivery) {
        return delivery.status === null ? "no answer" : String(delivery.status);
      },
      failed(delivery) {
        return delivery.status === null || delivery.status < 200 || delivery.status > 299;
      },
    }),
  );

  Alpine.data("subscribers", () =>
    extended(list("data/console/subscribers", 5), {
      productions(row) {
        if (row.productions === null) return "all, and the studio";
        return row.productions.map((one) => one.name || one.id).join(", ");
      },
      events(row) {
        return row.events.join(" ");
      },
      connected(row) {
        return row.connected ? "yes" : "no";
      },
    }),
  );
});
