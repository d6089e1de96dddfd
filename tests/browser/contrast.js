// Texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3), with their contrast.
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r, g, b].map((c, i) => c * a + [x, y, z][i] * (1 - a));
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const colour = rgba(getComputedStyle(element).backgroundColor);
    return colour[3] === 1 ? colour.slice(0, 3) : over(colour, behind(element.parentElement));
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => c / 255).map((c) => (c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const seen = (element) => !element ? 1 : Number(getComputedStyle(element).opacity) * seen(element.parentElement);
  const found = {};
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.matches("noscript, :disabled, .hidden")) continue;
    const back = behind(element);
    const [r, g, b, a] = rgba(getComputedStyle(element).color);
    const front = over([r, g, b, a * seen(element)], back);
    const [one, two] = [light(front), light(back)];
    const ratio = (Math.max(one, two) + .05) / (Math.min(one, two) + .05);
    if (ratio < 4.5) found[`${element.tagName}.${element.className} ${element.textContent}`] = ratio;
  }
  return found;
}
