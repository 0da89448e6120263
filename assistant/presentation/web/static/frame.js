// The widget's frame and the page around it speak only about opening and closing, and only with the one origin the
// server named.

const NAME = "assistant-widget";
const TYPES = new Set(["open"]);

export class Frame {
  #host;

  /** `host` is the origin of the page around us; `opened` is called when that page shows the frame. */
  constructor(host, opened) {
    this.#host = host;
    addEventListener("message", (event) => {
      if (event.origin !== host || event.source !== parent || !isMessage(event.data)) return;
      opened();
    });
    this.#post("ready");
  }

  close() {
    this.#post("close");
  }

  #post(type) {
    parent.postMessage({ name: NAME, type }, this.#host);
  }
}

function isMessage(data) {
  return (
    data !== null && typeof data === "object" && Object.keys(data).length === 2 && data.name === NAME && TYPES.has(data.type)
  );
}
