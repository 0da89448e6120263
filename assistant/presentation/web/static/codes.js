// The code that opens a person's work: kept for this tab only, never in an address. Where the browser forbids storage,
// memory serves until the page is closed.

const GROUPS = /.{1,4}/gu;

/** A code as somebody typed it, in the form it was told: XXXX-XXXX-XXXX-XXXX; "" when nothing of it can be one. */
export const tidied = (text) => (text.toUpperCase().replace(/[^0-9A-Z]/gu, "").slice(0, 40).match(GROUPS) ?? []).join("-");

export class CodeStorage {
  #key;
  #memory = null;

  constructor(mode) {
    this.#key = `assistant-mode:${mode}`;
  }

  read() {
    try {
      return sessionStorage.getItem(this.#key) ?? this.#memory;
    } catch {
      return this.#memory;
    }
  }

  /** Whether the code also outlives this page, in the same tab. */
  write(code) {
    this.#memory = code;
    try {
      sessionStorage.setItem(this.#key, code);
      return true;
    } catch {
      return false;
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

/** The form that takes a code; `open(code)` may throw, what it says is shown at the field. */
export function codeForm(form, texts, open) {
  const field = form.querySelector("input");
  const problem = form.querySelector(".problem");
  const tell = (text) => {
    problem.textContent = text;
    field.toggleAttribute("aria-invalid", text !== "");
    if (text) {
      field.setAttribute("aria-invalid", "true");
      field.focus();
    }
  };
  form.querySelector("button").disabled = false; // without this script it would do nothing
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const code = tidied(field.value);
    if (!code) return tell(texts.empty);
    tell("");
    try {
      await open(code);
    } catch (error) {
      tell([error.message, error.hint].filter(Boolean).join(" "));
    }
  });
}
