// Services, their queues, and the components of the system.
"use strict";

document.addEventListener("alpine:init", () => {
  Alpine.data("services", () =>
    extended(list("data/console/services", 3), {
      components: [],
      version: "",
      took(rows) {
        this.rows = rows;
        this.look();
      },
      async look() {
        const status = await api("GET", "status");
        this.version = status.version;
        this.components = Object.entries(status)
          .filter(([, value]) => typeof value === "boolean")
          .map(([name, up]) => ({ name: name.replace(/-up$/, "").replaceAll("-", " "), up }));
      },
      get queues() {
        const found = this.rows.flatMap((row) => row.queues);
        return found.sort((a, b) => b.waiting - a.waiting || a.name.localeCompare(b.name));
      },
      word(component) {
        return component.up ? "up" : "down";
      },
      outbox(row) {
        if (row.outbox_events === null) return "–";
        if (!row.outbox_events) return "empty";
        return `${row.outbox_events}, the oldest for ${shown.seconds(row.outbox_age_seconds)}`;
      },
      isBad(row) {
        return Boolean(row.error) || row.processes === 0;
      },
      trouble(row) {
        return row.processes === 0 ? "No process of it runs." : row.error || "";
      },
      isStuck(queue) {
        return queue.consumers === 0 || queue.waiting > 1000;
      },
    }),
  );
});
