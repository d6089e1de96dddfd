// The token that the API requires. A dialog asks for it, and sessionStorage keeps it until the tab is closed. It is
// never put into a URL.
import { keep, kept } from "./storage.js";

const KEPT = "progress-backend token";
const FITS = /^[\w.~-]+$/;
const byId = (id) => document.getElementById(id);
let token = null; // read from sessionStorage at first use
let asked = false;
let onGiven = () => {};

export const current = () => (token ??= kept("sessionStorage", KEPT) ?? "");

export const headers = () => (current() ? { Authorization: `Bearer ${token}` } : {});

// A browser's WebSocket cannot send an Authorization header, so the token is a subprotocol; the API selects the first.
export const protocols = () => (current() ? ["progress-backend", `token.${token}`] : []);

export function whenGiven(then) {
  onGiven = then;
}

// Called when the API refused the token `sent`. A token that was entered meanwhile may be valid.
export function refused(sent) {
  if (sent !== current() || byId("token").open || (asked && !token)) return;
  byId("token-wrong").hidden = !token;
  token = "";
  asked = true;
  keep("sessionStorage", KEPT, "");
  byId("token-text").value = "";
  byId("token").showModal();
}

function take() {
  const text = byId("token-text").value.trim();
  byId("token-wrong").hidden = FITS.test(text);
  if (!FITS.test(text)) return;
  token = text;
  keep("sessionStorage", KEPT, token);
  byId("token").close();
  onGiven();
}

byId("token-give").onclick = take;
byId("token-text").onkeydown = (event) => {
  if (event.key === "Enter") take();
};
