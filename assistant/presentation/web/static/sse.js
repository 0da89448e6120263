// Server-sent events over fetch. The same events come out however the bytes were cut on the way.

/** Events from text that arrives in pieces: `push` gives those that are whole by now. */
export class EventParser {
  #rest = "";
  #name = "";
  #data = [];
  #afterReturn = false;

  push(text) {
    const found = [];
    let from = 0;
    if (this.#afterReturn && text.startsWith("\n")) from = 1; // the second half of a line end that was cut
    if (text) this.#afterReturn = false;
    for (let at = from; at < text.length; at += 1) {
      const sign = text[at];
      if (sign !== "\n" && sign !== "\r") continue;
      this.#line(this.#rest + text.slice(from, at), found);
      this.#rest = "";
      if (sign === "\r") {
        if (text[at + 1] === "\n") at += 1;
        else if (at + 1 === text.length) this.#afterReturn = true;
      }
      from = at + 1;
    }
    this.#rest += text.slice(from);
    return found;
  }

  #line(line, found) {
    if (line === "") {
      if (this.#data.length) found.push({ event: this.#name || "message", data: this.#data.join("\n") });
      this.#name = "";
      this.#data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment that keeps the connection open
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (field === "event") this.#name = value;
    else if (field === "data") this.#data.push(value);
  }
}

/** The events of a byte stream, their data parsed as JSON. Throws when nothing arrives for `silence` milliseconds. */
export async function* events(stream, silence) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), silence);
      const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
      for (const { event, data } of parser.push(text)) yield { event, data: JSON.parse(data) };
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function within(promise, milliseconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("silence")), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
