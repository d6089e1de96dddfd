// The links of a record, which the job gave: buttons of the element, facts of a record's page.
import { nowOf } from "./moment.js";

// [{text, link}] of a record that has `at` and `age`; a link that has expired, or that a browser cannot open, has no
// `link`. `base` is the API's URL: a path is on its origin, whatever page shows it.
export function linksOf(record, base, words) {
  return (record.links ?? []).map(({ url, title, expires_at: until }) => {
    const { host, href } = URL.canParse(url, base) ? new URL(url, base) : {};
    const text = title ?? ((url[0] !== "/" && host) || url);
    if (Date.parse(until) <= nowOf(record)) return { text: words.expired(text) };
    return /^https?:/.test(href) ? { text, link: href } : { text };
  });
}
