// What Gradio's page lacks: files that go to our own address, words for screen readers,
// and the way back to sign-in when a session ends.

const SIGN_IN = "/staff/sign-in?session=ended";
const UPLOAD = "/staff/upload";

const asked = window.fetch.bind(window);
window.fetch = async (...given) => {
  const response = await asked(...given);
  if (response.status === 401) window.location.assign(SIGN_IN);
  return response;
};

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// One file after another, each with its verdict as it comes; then the list and the form of the newest.
async function send(files, words, said) {
  said.replaceChildren();
  for (const file of files) {
    const line = element("li", { textContent: `${words.sending} ${file.name}` });
    said.append(line);
    const query = new URLSearchParams({ name: file.name, lang: document.documentElement.lang });
    try {
      const response = await fetch(`${UPLOAD}?${query}`, { method: "POST", body: file });
      const told = await response.json();
      const warnings = (told.warnings ?? []).map((warning) => warning.message);
      line.textContent = [file.name, told.message || words.taken, ...warnings].join(" – ");
    } catch {
      line.textContent = `${file.name} – ${words.failed}`;
    }
  }
  document.querySelector("#upload-look")?.click();
}

function drop(place) {
  const words = {};
  for (const span of place.querySelectorAll("span")) words[span.className.replace(/^drop-/, "")] = span.textContent;
  const field = element("input", { type: "file", multiple: true, id: "upload-field" });
  const label = element("label", { htmlFor: "upload-field", textContent: words.choose });
  const said = element("ul", { className: "told" });
  const aloud = element("div", {}, said);
  aloud.setAttribute("role", "status");
  field.addEventListener("change", async () => {
    const files = [...field.files];
    field.value = "";
    await send(files, words, said);
  });
  for (const kind of ["dragover", "drop"]) {
    place.addEventListener(kind, (event) => {
      event.preventDefault();
      if (kind === "drop") send([...event.dataTransfer.files], words, said);
    });
  }
  place.replaceChildren(field, label, aloud);
  place.classList.add("ready");
}

function mend(root) {
  for (const place of root.querySelectorAll(".drop:not(.ready)")) drop(place);
  // what came of an action is said once, when it changes
  for (const place of root.querySelectorAll(".place:not([role])")) {
    place.setAttribute("role", "status");
    place.setAttribute("aria-live", "polite");
  }
  // a table too wide for the screen can be scrolled by keyboard
  for (const wide of root.querySelectorAll(".scroll:not([tabindex])")) {
    if (wide.scrollWidth <= wide.clientWidth) continue;
    wide.tabIndex = 0;
    wide.setAttribute("role", "group");
    wide.setAttribute("aria-label", wide.querySelector("caption")?.textContent ?? "");
  }
}

new MutationObserver(() => mend(document)).observe(document.documentElement, { childList: true, subtree: true });
window.addEventListener("resize", () => mend(document));
