// The links of a record, which the job gave: buttons of the element, facts of a record's page.
import { nowOf } from "./moment.js";

// [{text, link}] of a record that has `at` and `age`; an expired link has no `link`. `base` is the API's URL: a path is
// on its origin, whatever page shows it.
export function linksOf(record, base, words) {
  return (record.links ?? []).map(({ url, title, expires_at: until }) => {
    const address = new URL(url, new URL("/", base));
    const safe = ["http:", "https:"].includes(address.protocol);
    const open = safe && !(Date.parse(until) <= nowOf(record));
    const text = title ?? (url.startsWith("/") ? url : address.host);
    return open ? { text, link: address.href } : { text: words.expired(text) };
  });
}
