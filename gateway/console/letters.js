// Dead letters: looked at, replayed to the queue in which they died, discarded.
"use strict";

document.addEventListener("alpine:init", () => {
  Alpine.data("letters", () =>
    extended(list("", 3), {
      queues: [],
      queue: "",
      total: 0,
      page: 1,
      pages: 1,
      chosen: "",
      letter: null,
      said: "",
      asking: false,
      async load() {
        try {
          const query = new URLSearchParams({ page: this.page, limit: 50 });
          if (this.queue) query.set("queue", this.queue);
          const answer = await api("GET", `data/dead-letters?${query}`);
          this.rows = answer.data;
          this.total = answer.total;
          this.pages = Math.max(1, answer.nb_pages);
          this.queues = Object.entries(answer.queues).map(([name, count]) => ({ name, count }));
          this.error = "";
        } catch (error) {
          this.error = error.message;
        }
        this.read = true;
      },
      label(one) {
        return `${one.name || "unknown"} (${one.count})`;
      },
      narrow() {
        this.page = 1;
        this.asking = false;
        this.load();
      },
      turn(step) {
        this.page = Math.min(this.pages, Math.max(1, this.page + step));
        this.load();
      },
      async choose(row) {
        this.said = "";
        this.letter = null;
        this.chosen = this.chosen === row.id ? "" : row.id;
        if (!this.chosen) return;
        try {
          this.letter = Object.freeze(await api("GET", `data/dead-letters/${row.id}`));
        } catch (error) {
          this.said = error.message;
        }
      },
      isChosen(row) {
        return this.chosen === row.id;
      },
      get headers() {
        return this.letter ? shown.json(this.letter.headers) : "";
      },
      get body() {
        if (!this.letter) return "";
        return this.letter.text === null ? shown.json(this.letter.body) : this.letter.text;
      },
      get where() {
        return this.letter ? this.letter.queue || "a queue that is unknown" : "";
      },
      get why() {
        if (!this.letter) return "";
        const { error, reason, deaths } = this.letter;
        return error || `${reason || "unknown"}${deaths > 1 ? `, ${deaths} times` : ""}`;
      },
      async act(method, path, body, tell) {
        this.said = "";
        this.asking = false;
        let said;
        try {
          said = tell(await api(method, path, body));
          this.chosen = "";
          this.letter = null;
        } catch (error) {
          said = error.message;
        }
        // Said once the list is as it is now.
        await this.load();
        this.said = said;
      },
      replay() {
        const path = `data/dead-letters/${this.chosen}/replay`;
        const where = this.where;
        return this.act("POST", path, {}, () => `Replayed to ${where}.`);
      },
      discard() {
        return this.act("DELETE", `data/dead-letters/${this.chosen}`, undefined, () => "Discarded.");
      },
      get which() {
        return { queue: this.queue || null };
      },
      replayAll() {
        return this.act("POST", "data/dead-letters/replay", this.which, (answer) => {
          const kept = Object.values(answer.kept);
          const left = kept.length ? ` ${kept.length} are kept: ${kept[0]}.` : "";
          return `${answer.replayed} replayed.${left}${answer.more ? " There are more." : ""}`;
        });
      },
      ask() {
        this.asking = true;
      },
      spare() {
        this.asking = false;
      },
      discardAll() {
        return this.act(
          "POST",
          "data/dead-letters/discard",
          this.which,
          (answer) => `${answer.discarded} discarded.`,
        );
      },
      reason(row) {
        return row.error || row.reason || "unknown";
      },
      place(row) {
        return row.queue || "unknown";
      },
    }),
  );
});
