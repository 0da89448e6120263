/* One button and, once opened, one frame with the assistant. The host's CSP needs only script-src and frame-src of our
   origin. Leaves no global name, cookie or style element. data-site: key of the site; data-lang, data-label and
   data-accent (#rrggbb) are optional. A link to our origin right before the script serves people without scripts. */
(() => {
  const script = document.currentScript;
  const NAME = "assistant-widget";
  if (!script || document.querySelector(`[data-${NAME}]`)) return;
  const { origin } = new URL(script.src);
  const { site = "", lang = "", label, accent = "" } = script.dataset;
  // words outside prompts/, for this file is served as it is so that its integrity hash holds
  const words = {
    pl: ["Zapytaj asystenta AI", "Asystent AI", "Otwórz asystenta w nowej karcie"],
    en: ["Ask the AI assistant", "AI assistant", "Open the assistant in a new tab"],
  }[lang === "en" ? "en" : "pl"];
  const WAIT = 10000; // milliseconds for the frame to say that it works

  // a native button, not a dressed-up link: it opens and closes something in this page and tells its state
  const button = mark(document.createElement("button"), "button");
  button.type = "button";
  button.textContent = label || words[0];
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => (isOpen() ? shut(true) : open()));
  button.addEventListener("keydown", (event) => event.key === "Escape" && isOpen() && shut(true));

  let panel = null;
  let ready = false;
  const link = script.previousElementSibling;
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin, { once: true });

  function begin() {
    style();
    if (link && link.localName === "a" && link.origin === origin) link.remove();
    document.body.append(button);
    addEventListener("message", hear);
    addEventListener("focusin", (event) => dodge(event.target));
  }

  function isOpen() {
    return panel !== null && !panel.hidden;
  }

  function open() {
    if (!panel) {
      panel = mark(document.createElement("iframe"), "panel");
      panel.title = label || words[1];
      panel.allow = "clipboard-write";
      panel.referrerPolicy = "origin"; // tells the frame whom it may speak to
      panel.src = `${origin}/widget/frame?site=${encodeURIComponent(site)}${lang ? `&lang=${encodeURIComponent(lang)}` : ""}`;
      panel.toggleAttribute("data-left", button.hasAttribute("data-left"));
      button.after(panel);
      setTimeout(() => ready || instead(), WAIT);
    }
    panel.hidden = false;
    button.setAttribute("aria-expanded", "true");
    panel.focus();
    if (ready) tell("open");
  }

  function shut(back) {
    panel.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (back) button.focus();
  }

  /** The frame was refused (another site, a CSP without frame-src): a link does what is left to do. */
  function instead() {
    const held = document.activeElement === panel;
    const way = mark(document.createElement("a"), "panel");
    way.href = `${origin}/${lang ? `?lang=${encodeURIComponent(lang)}` : ""}`;
    way.target = "_blank";
    way.rel = "noopener";
    way.textContent = words[2];
    way.hidden = panel.hidden;
    panel.replaceWith(way);
    panel = way;
    if (held) way.focus();
  }

  function hear({ origin: from, source, data }) {
    if (from !== origin || !panel || source !== panel.contentWindow) return;
    if (!data || typeof data !== "object" || Object.keys(data).length !== 2 || data.name !== NAME) return;
    if (data.type === "close") shut(true);
    if (data.type === "ready") {
      ready = true;
      if (isOpen()) tell("open");
    }
  }

  function tell(type) {
    panel.contentWindow.postMessage({ name: NAME, type }, origin);
  }

  /** What has focus in the host page is not left under us: the other side, or else the frame gives way. */
  function dodge(target) {
    if (target === button || target === panel || !target.getBoundingClientRect) return;
    if (!covers(target)) return;
    flip();
    if (!covers(target)) return;
    if (isOpen()) shut(false);
    if (covers(target)) flip();
  }

  function flip() {
    const left = button.toggleAttribute("data-left");
    if (panel) panel.toggleAttribute("data-left", left);
  }

  function covers(target) {
    const box = target.getBoundingClientRect();
    const x = box.left + box.width / 2;
    const y = box.top + box.height / 2;
    return [button, isOpen() && panel].some((ours) => {
      if (!ours || box.height > innerHeight / 2) return false;
      const { left, right, top, bottom } = ours.getBoundingClientRect();
      return x > left && x < right && y > top && y < bottom;
    });
  }

  function mark(node, part) {
    node.setAttribute(`data-${NAME}`, part);
    return node;
  }

  function style() {
    if (!document.adoptedStyleSheets) return;
    const colour = /^#[0-9a-f]{6}$/i.test(accent) ? accent : "#1d4f91";
    const ink = luminance(colour) < 0.18 ? "#fff" : "#16191d";
    // three ids that match nothing outweigh the rules of the host
    const [B, P] = ["button", "panel"].map((part) => `[data-${NAME}="${part}"]:not(#x#y#z)`);
    const rule = (selector, text) => `${selector}{${text.replace(/;|$/g, "!important;")}}`;
    const place = "position:fixed;right:16px;box-sizing:border-box;cursor:pointer;z-index:2147483646";
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      rule(`${B},${P}`, "all:initial") +
        rule(B, `${place};bottom:16px;min-height:48px;max-width:calc(100vw - 32px);padding:10px 20px;border:2px solid ${ink};border-radius:24px;background:${colour};color:${ink};font:600 16px/1.3 system-ui,sans-serif;box-shadow:0 2px 8px #0006`) +
        rule(`${B}:focus-visible`, `outline:3px solid ${colour};outline-offset:3px;box-shadow:0 0 0 3px #fff`) +
        rule(P, `${place};bottom:76px;display:block;width:min(420px,calc(100vw - 32px));border:1px solid #6b7680;border-radius:8px;background:#fff;color:#1d4f91;padding:16px;font:16px/1.5 system-ui,sans-serif;text-decoration:underline;box-shadow:0 4px 24px #0005`) +
        rule(`iframe${P}`, "height:min(700px,calc(100vh - 92px));padding:0;color-scheme:light dark") +
        rule(`${P}[hidden]`, "display:none") +
        rule(`${B}[data-left],${P}[data-left]`, "right:auto;left:16px") +
        `@media(max-width:560px),(max-height:480px){${rule(`iframe${P},iframe${P}[data-left]`, "inset:0;width:100%;height:100%;border:0;border-radius:0")}}` +
        `@media(forced-colors:active){${rule(`${B},${P}`, "border:2px solid ButtonText")}${rule(`${B}:focus-visible`, "outline-color:Highlight")}}` +
        `@media print{${rule(`${B},${P}`, "display:none")}}`,
    );
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }

  function luminance(colour) {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const part = parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
})();
