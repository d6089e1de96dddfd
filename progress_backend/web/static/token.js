// The token that the service asks for: a person is asked once, and what was typed is kept until the
// tab is closed. It is never put into an address.
const KEPT = "progress-backend token", FITS = /^[\w.~-]+$/;
const byId = (id) => document.getElementById(id);
let token = sessionStorage.getItem(KEPT) ?? "";
let asked = false, given = () => {};

export const headers = () => (token ? { Authorization: `Bearer ${token}` } : {});

// A browser's WebSocket can send no header of that name; the first of these is what is answered.
export const protocols = () => (token ? ["progress-backend", `token.${token}`] : []);

export function whenGiven(then) {
  given = then;
}

// `sent` was refused: what somebody has typed meanwhile may be right.
export function refused(sent) {
  if (sent !== token || byId("token").open || (asked && !token)) return;
  byId("token-wrong").hidden = !token;
  token = "";
  asked = true;
  sessionStorage.removeItem(KEPT);
  byId("token-text").value = "";
  byId("token").showModal();
}

export const current = () => token;

function take() {
  const text = byId("token-text").value.trim();
  if (!FITS.test(text)) return;
  token = text;
  sessionStorage.setItem(KEPT, token);
  byId("token").close();
  given();
}

byId("token-give").onclick = take;
byId("token-text").onkeydown = (event) => { if (event.key === "Enter") take(); };
