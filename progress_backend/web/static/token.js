// The token that the service asks for: a person is asked once, and what was typed is kept until the
// tab is closed. It is never put into an address.
import { keep, kept } from "./kept.js";

const KEPT = "progress-backend token";
const FITS = /^[\w.~-]+$/;
const byId = (id) => document.getElementById(id);
let token = null; // as it is kept, once somebody asks for it
let asked = false;
let given = () => {};

export const current = () => (token ??= kept("sessionStorage", KEPT) ?? "");

export const headers = () => (current() ? { Authorization: `Bearer ${token}` } : {});

// A browser's WebSocket can send no header of that name; the first of these is what is answered.
export const protocols = () => (current() ? ["progress-backend", `token.${token}`] : []);

export function whenGiven(then) {
  given = then;
}

// `sent` was refused: what somebody has typed meanwhile may be right.
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
  given();
}

byId("token-give").onclick = take;
byId("token-text").onkeydown = (event) => {
  if (event.key === "Enter") take();
};
