// What axe-core checks and matters here, over the composed tree of the page. Returns sentences; none is good.
() => {
  const found = [];
  const children = (node) => node.shadowRoot ? [...node.shadowRoot.children]
    : node.tagName === 'SLOT' ? node.assignedElements() : [...node.children];
  const parent = (node) => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null;
  const all = [];
  (function walk(node) { all.push(node); children(node).forEach(walk); })(document.documentElement);
  const isShown = (node) => node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
    && !node.closest('[inert]') && node.getClientRects().length > 0;
  const isHidden = (node) => { for (let at = node; at; at = parent(at)) if (at.ariaHidden === 'true') return true; return false; };
  const modal = all.find((node) => node.matches('dialog:modal'));
  const isInModal = (node) => { for (let at = node; at; at = parent(at)) if (at === modal) return true; return false; };
  const shown = all.filter((node) => isShown(node) && (!modal || isInModal(node)));
  const name = (node) => `<${node.tagName.toLowerCase()}${node.id ? `#${node.id}` : ''}${node.className?.baseVal === undefined && node.className ? `.${node.className.split(' ').join('.')}` : ''}>`;

  // Names and roles are the browser's own, over CDP; here is what it does not say.
  if (!document.documentElement.lang) found.push('the page has no language');
  for (const root of new Set(all.map((node) => node.getRootNode()))) {
    const ids = [...root.querySelectorAll('[id]')].map(({ id }) => id);
    ids.filter((id, index) => ids.indexOf(id) !== index).forEach((id) => found.push(`two elements have the id ${id}`));
    for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for']) {
      for (const node of root.querySelectorAll(`[${attribute}]`)) {
        const missing = node.getAttribute(attribute).split(' ').filter((id) => !root.getElementById?.(id) && !root.querySelector(`#${id}`));
        if (missing.length) found.push(`${name(node)} names ${missing} in ${attribute}, which is not there`);
      }
    }
  }
  for (const node of shown) {
    if (node.matches('img:not([alt])')) found.push(`${name(node)} has no alt`);
    if (node.tabIndex > 0) found.push(`${name(node)} has a tabindex above 0`);
    if (isHidden(node) && node.matches('a[href], button:enabled, input, select, summary')) found.push(`${name(node)} is hidden and takes focus`);
    if (node.matches('button, a.button, select, input:not([type=checkbox])')) {
      const { width, height } = node.getBoundingClientRect();
      if (Math.min(width, height) < 24) found.push(`${name(node)} is only ${Math.round(width)} by ${Math.round(height)} px`);
    }
  }
  const levels = shown.filter((node) => node.matches('h1, h2, h3, h4')).map((node) => Number(node.tagName[1]));
  levels.forEach((level, index) => { if (index && level > levels[index - 1] + 1) found.push(`a heading of level ${level} follows ${levels[index - 1]}`); });

  // Contrast (WCAG 2.2, 1.4.3): each text against the colours behind it, of a gradient against each of its stops.
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parse = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = '#000';
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((value, index) => value * a + under[index] * (1 - a)).concat(1);
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((value) => value / 255).map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const COLOUR = /(?:rgba?|hsla?|color|oklab|oklch|color-mix)\((?:[^()]|\([^()]*\))*\)|#[0-9a-f]{3,8}/gi;
  const backgrounds = (node) => {
    const layers = [];
    for (let at = node; at; at = parent(at)) {
      const { backgroundColor, backgroundImage } = getComputedStyle(at);
      const stops = backgroundImage === 'none' ? [] : (backgroundImage.match(COLOUR) ?? []).map(parse).filter(([, , , a]) => a > 0.5);
      const colours = stops.length ? stops : [parse(backgroundColor)];
      if (colours[0][3] > 0) layers.push(colours);
      if (colours.every(([, , , a]) => a === 1)) break;
    }
    const base = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reverse().reduce((under, colours) => under.flatMap((one) => colours.map((colour) => over(colour, one))), [base]);
  };
  for (const node of shown) {
    const text = [...node.childNodes].some(({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim());
    if (!text || node.matches(':disabled, option, script, style, .for-screen-readers') || node.closest(':disabled, .for-screen-readers')) continue;
    if (/^[\p{Emoji_Presentation}\p{Emoji}\s️]+$/u.test(node.textContent) && !/\d/.test(node.textContent)) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(node);
    const isLarge = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
    for (const behind of backgrounds(node)) {
      const value = ratio(over(parse(color), behind), behind);
      if (value < (isLarge ? 3 : 4.5)) {
        found.push(`${name(node)} “${node.textContent.trim().slice(0, 30)}” has a contrast of ${value.toFixed(2)}, ${color} on ${behind}`);
        break;
      }
    }
  }
  return found;
}
