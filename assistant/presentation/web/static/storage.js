// What the tab remembers: the visit's token and the conversation's id, for this tab only. Where the browser
// forbids storage, memory serves until the page is closed.

export class TabStorage {
  #key;
  #memory = null;

  constructor(site) {
    this.#key = `assistant:${site}`;
  }

  read() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.#key) ?? "null");
      if (typeof kept?.token === "string" && typeof kept?.id === "string") return kept;
    } catch {
      // no storage, or not ours: memory is all there is
    }
    return this.#memory;
  }

  write(token, id) {
    this.#memory = { token, id };
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(this.#memory));
    } catch {
      // the conversation works, it only does not survive a reload
    }
  }

  forget() {
    this.#memory = null;
    try {
      sessionStorage.removeItem(this.#key);
    } catch {
      // nothing was stored
    }
  }
}
