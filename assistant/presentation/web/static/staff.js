// What Gradio's page lacks for screen readers, and the way back to sign-in when a session ends.

const SIGN_IN = "/staff/sign-in?session=ended";

const asked = window.fetch.bind(window);
window.fetch = async (...given) => {
  const response = await asked(...given);
  if (response.status === 401) window.location.assign(SIGN_IN);
  return response;
};

function mend(root) {
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
