// What the facilitator's tab remembers: the codes of one workshop, for this tab only.

const KEY = "assistant-workshop";

export class WorkshopStorage {
  #memory = null;

  /** {code, join_code?, link?, qr?} or null; what is only for joining is known where it was made. */
  read() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
      if (typeof kept?.code === "string") return kept;
    } catch {
      // no storage, or not ours: memory is all there is
    }
    return this.#memory;
  }

  write(kept) {
    this.#memory = kept;
    try {
      sessionStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // the workshop works, it only does not survive a reload
    }
  }

  forget() {
    this.#memory = null;
    try {
      sessionStorage.removeItem(KEY);
    } catch {
      // nothing was stored
    }
  }
}
