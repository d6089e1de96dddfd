// The tab's picture and title show how many tasks run.
const icon = document.querySelector('link[rel="icon"]');
const COLOUR = "#1666cf";
const QUIET = "#7a838e";
const MOST = 99;
let drawn = null;

export function showRunning(count, words) {
  document.title = count ? `${words.runningNow(count)} · ${words.title}` : words.title;
  if (drawn === count) return;
  drawn = count;
  const text = count > MOST ? `${MOST}+` : String(count);
  const size = 20 - 3 * (text.length - 1);
  const inside = count
    ? `<text x="16" y="17" font-size="${size}" fill="#fff">${text}</text>`
    : '<path d="M7 12h18" stroke="#fff" stroke-width="4" stroke-linecap="round"/>';
  const bar =
    '<path d="M7 25h18" stroke="#fff" stroke-opacity=".45" stroke-width="4" stroke-linecap="round"/><path d="M7 25h11" stroke="#fff" stroke-width="4" stroke-linecap="round"/>';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" font-family="sans-serif" font-weight="bold" text-anchor="middle"><rect width="32" height="32" rx="7" fill="${count ? COLOUR : QUIET}"/>${inside}${bar}</svg>`;
  icon.href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
