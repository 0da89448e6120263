// One person's work in a guided mode, as the server keeps it. Its code travels in a header only.

export class Work {
  #api;
  #codes;

  constructor(api, codes) {
    this.#api = api;
    this.#codes = codes;
  }

  get code() {
    return this.#codes.read();
  }

  /** Begins anew; the first view. */
  async begin(mode, lang) {
    const { code, view } = await this.#api.post(`/dialogues/${encodeURIComponent(mode)}/sessions`, { lang });
    this.#codes.write(code);
    return view;
  }

  /** The work of another code; the code is kept only when there is one. */
  async open(code) {
    const before = this.code;
    this.#codes.write(code);
    try {
      return await this.view();
    } catch (error) {
      if (before) this.#codes.write(before);
      else this.#codes.forget();
      throw error;
    }
  }

  view(step = "") {
    return this.#api.get(`/session?step=${encodeURIComponent(step)}`);
  }

  reply(step, value, note) {
    return this.#api.post("/session/replies", { step, value, note });
  }

  absent(step, absent, note) {
    return this.#api.post("/session/replies", { step, absent, note });
  }

  review() {
    return this.#api.get("/session/review");
  }

  migrate() {
    return this.#api.post("/session/migrate", {});
  }

  report(format, earlier) {
    return this.#api.download(`/session/report?format=${format}`, earlier ? { "X-Earlier-Code": earlier } : {});
  }

  async erase() {
    await this.#api.remove("/session");
    this.forget();
  }

  forget() {
    this.#codes.forget();
  }
}
