// One person's conversation as the server knows it. Nothing is asked of the server, and nothing kept, before the
// first question.

import { ApiError } from "./api.js";

const ENDED = new Set(["visit_missing", "not_there"]);

export class Conversation {
  #api;
  #storage;
  #site;
  #lang;

  constructor(api, storage, site, lang) {
    this.#api = api;
    this.#storage = storage;
    this.#site = site;
    this.#lang = lang;
  }

  /** Whether there is something to come back to. */
  get begun() {
    return this.#storage.read() !== null;
  }

  /** Messages asked before the page was loaded again; null when the server has forgotten them. */
  async restore() {
    try {
      return (await this.#api.get(`/conversations/${this.#id}`)).messages;
    } catch (error) {
      if (!ENDED.has(error.code)) throw error;
      this.forget();
      return null;
    }
  }

  /** Events of the answer; before them "renewed" when the visit had ended, "unsaved" when nothing can be stored. */
  async *ask(question, signal) {
    if (!this.begun) yield* this.#begin();
    try {
      yield* this.#stream(question, signal);
    } catch (error) {
      if (!this.begun || !ENDED.has(error.code)) throw error;
      this.forget();
      yield { event: "renewed" };
      yield* this.#begin();
      yield* this.#stream(question, signal);
    }
  }

  stopped(message) {
    return this.#api.post(`/messages/${message}/stopped`, {});
  }

  rate(message, rating, comment) {
    return this.#api.post("/feedback", comment ? { message, rating, comment } : { message, rating });
  }

  /** The place a citation (or a suggested section) points to, as the documents are now. */
  source({ document_id: id, quote, path, pages, span }) {
    return this.#api.post(`/documents/${encodeURIComponent(id)}/source`, {
      quote,
      ...(path ? { path } : {}),
      ...(pages ? { page: pages[0] } : {}),
      ...(span ? { near: span[0] } : {}),
    });
  }

  export(format) {
    return this.#api.download(`/conversations/${this.#id}/export?format=${format}&lang=${this.#lang}`);
  }

  async erase() {
    await this.#api.remove(`/conversations/${this.#id}`);
    this.forget();
  }

  forget() {
    this.#storage.forget();
  }

  get #id() {
    return encodeURIComponent(this.#storage.read()?.id ?? "");
  }

  async *#begin() {
    try {
      const begun = await this.#api.post("/conversations", this.#sited({ lang: this.#lang }));
      this.#storage.write(begun.token, begun.id);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "database_unavailable") throw error;
      yield { event: "unsaved" }; // answers need no database
    }
  }

  #stream(question, signal) {
    const conversation = this.#storage.read()?.id;
    return this.#api.stream("/ask/stream", this.#sited(conversation ? { question, conversation } : { question }), signal);
  }

  #sited(body) {
    return this.#site ? { ...body, site: this.#site } : body;
  }
}
