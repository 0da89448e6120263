// Requests to our own server and its errors as one kind of value.

import { events } from "./sse.js";

const ROOT = "/api/v1";
const SILENCE = 35_000; // milliseconds; the server says something every 10 s
const PATIENCE = 30_000; // milliseconds for anything that is no stream

/** {code, message, hint} as the server says it; `wait` seconds before it is worth trying again, else null. */
export class ApiError extends Error {
  constructor({ code, message, hint = "", ...about }, wait = null) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.wait = wait;
    this.about = about; // of a reply: which cells, and the problem by itself
  }
}

export class Api {
  #words;
  #lang;
  #token;

  /** `token` gives the visit's token or null. */
  constructor(words, lang, token) {
    this.#words = words;
    this.#lang = lang;
    this.#token = token;
  }

  async get(path) {
    return (await this.#fetch("GET", path)).json();
  }

  async post(path, body) {
    const response = await this.#fetch("POST", path, body);
    return response.status === 204 ? null : response.json();
  }

  async put(path, body) {
    return (await this.#fetch("PUT", path, body)).json();
  }

  async patch(path, body) {
    return (await this.#fetch("PATCH", path, body)).json();
  }

  async remove(path) {
    const response = await this.#fetch("DELETE", path);
    return response.status === 204 ? null : response.json();
  }

  /** {blob, name} of an attachment. */
  async download(path, headers = {}) {
    const response = await this.#fetch("GET", path, undefined, undefined, headers);
    const name = /filename="([^"/\\]+)"/u.exec(response.headers.get("Content-Disposition") ?? "");
    return { blob: await response.blob(), name: name?.[1] ?? null };
  }

  /** The events of a stream; an `error` event is thrown. */
  async *stream(path, body, signal) {
    const response = await this.#fetch("POST", path, body, signal);
    try {
      for await (const { event, data } of events(response.body, SILENCE)) {
        if (event === "error") throw new ApiError(data);
        yield { event, data };
      }
    } catch (error) {
      throw error instanceof ApiError || signal.aborted ? error : this.#own("broken");
    }
  }

  async #fetch(method, path, body, signal, more = {}) {
    const headers = { Accept: "application/json", "Accept-Language": this.#lang, ...more };
    const token = this.#token();
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response;
    try {
      response = await fetch(ROOT + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: signal ?? AbortSignal.timeout(PATIENCE),
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw this.#own(navigator.onLine === false ? "offline" : "unreachable");
    }
    if (!response.ok) throw await this.#refusal(response);
    return response;
  }

  async #refusal(response) {
    const after = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
    const wait = Number.isFinite(after) && after >= 0 ? Math.min(after, 3600) : null;
    try {
      const said = await response.json();
      if (typeof said.code === "string" && typeof said.message === "string") return new ApiError(said, wait);
    } catch {
      // a proxy's page, not our server's words
    }
    return this.#own("unreachable", wait);
  }

  #own(code, wait = null) {
    return new ApiError({ code, ...this.#words.errors[code] }, wait);
  }
}
