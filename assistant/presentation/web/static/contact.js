// People who can be asked instead, as the operator named them.

import { el, isolated } from "./dom.js";

/** Whom to ask instead; a sentence about advisers in general when the operator named nobody. */
export function contactNode({ contact, words: texts }) {
  if (!contact) return el("p", {}, texts.contact.nobody);
  const web = /^https?:\/\//u.test(contact.url ?? "");
  const tel = (contact.phone ?? "").replace(/[^+\d]/gu, "");
  const site = `${texts.contact.site} (${texts.new_tab})`;
  const ways = [
    tel && el("a", { href: `tel:${tel}` }, isolated(contact.phone)),
    contact.email && el("a", { href: `mailto:${contact.email}` }, isolated(contact.email)),
    web && el("a", { href: contact.url, target: "_blank", rel: "noopener noreferrer" }, site),
  ].filter(Boolean);
  const name = contact.name && el("strong", {}, isolated(contact.name));
  return el("ul", { class: "contact" }, ...[name, ...ways].filter(Boolean).map((one) => el("li", {}, one)));
}
