// Reading Server-Sent Events with fetch: an EventSource hears only of events whose names it knows,
// and tells nothing of a refusal.
"use strict";

class Stream {
  /** `take(event)` gets each event, `say(text, isError)` how the connection does. */
  constructor(query, take, say) {
    this.query = query;
    this.take = take;
    this.say = say;
    this.position = "";
    this.pause = 1000;
    this.stopped = new AbortController();
    this.run();
  }

  stop() {
    this.stopped.abort();
  }

  async run() {
    while (!this.stopped.signal.aborted) {
      try {
        await this.connect();
        this.say("reconnecting …", false);
      } catch (error) {
        if (this.stopped.signal.aborted) return;
        this.say(error.message, true);
        if (error.refused) return;
      }
      await new Promise((resolve) => setTimeout(resolve, this.pause));
    }
  }

  async connect() {
    const headers = this.position ? { "Last-Event-ID": this.position } : {};
    let answer;
    try {
      answer = await fetch(`events/stream?${this.query}`, { headers, signal: this.stopped.signal });
    } catch {
      throw new Error("The server does not answer; trying again …");
    }
    if (!answer.ok) {
      try {
        await read(answer);
      } catch (error) {
        // What is refused once is refused again; what is busy may be free in a moment.
        error.refused = answer.status < 500;
        throw error;
      }
    }
    this.say("following", false);
    await this.follow(answer.body.pipeThrough(new TextDecoderStream()).getReader());
  }

  async follow(reader) {
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const frames = text.split("\n\n");
      text = frames.pop();
      frames.forEach((frame) => this.frame(frame));
    }
  }

  frame(text) {
    const fields = {};
    for (const line of text.split("\n")) {
      const at = line.indexOf(": ");
      if (at > 0) fields[line.slice(0, at)] = line.slice(at + 2);
    }
    if (fields.data === undefined) return;
    this.position = fields.id;
    this.take(fields.event, JSON.parse(fields.data));
  }
}
