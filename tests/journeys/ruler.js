// Measures a page as it lies on the screen, with `css` over its own. Gives what is wrong, as lines for people.
(page) => {
  const all = (selector, root = document.body) => [...root.querySelectorAll(selector)];
  const isHiddenAway = (element) => {
    for (let one = element; one; one = one.parentElement) {
      if (getComputedStyle(one).clipPath === "inset(50%)") return true;
    }
    return false;
  };
  const isShown = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !isHiddenAway(element);
  const name = (element) =>
    `<${element.tagName.toLowerCase()}${element.id ? " #" + element.id : ""} .${element.className}> “${element.textContent.trim().replace(/\s+/g, " ").slice(0, 40)}”`;
  const px = (rect) => `${Math.round(rect.width)} x ${Math.round(rect.height)} px`;

  const scrollsSideways = (element) => {
    for (let one = element; one && one !== document.body; one = one.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(one).overflowX)) return true;
    }
    return false;
  };

  // What sticks to an edge of the screen lies over what scrolls below it, and over nothing for long.
  const stuck = (element) => {
    for (let one = element; one; one = one.parentElement) {
      if (getComputedStyle(one).position === "sticky") return one;
    }
    return null;
  };
  const stuckTooHigh = () =>
    all("*").filter((one) => stuck(one) === one && one.offsetHeight > innerHeight / 4).map((one) => `covers too much: ${name(one)}`);

  // Every line of text with the box it takes.
  const linesOfText = () => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!node.data.trim() || !isShown(parent) || parent.closest("script, style, .skip-link, select, textarea")) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) if (rect.width > 1) found.push({ node, parent, rect, layer: stuck(parent) });
    }
    return found;
  };

  const sideways = () => {
    const width = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    return width > 0 ? [`scrolls sideways by ${width} px`] : [];
  };

  const cutOff = (lines) => {
    const found = new Set();
    for (const { parent, rect } of lines) {
      if ((rect.right > innerWidth + 1 || rect.left < -1) && !scrollsSideways(parent)) found.add(`beyond the edge: ${name(parent)}`);
      for (let box = parent; box && box !== document.body; box = box.parentElement) {
        const style = getComputedStyle(box);
        const edge = box.getBoundingClientRect();
        const slack = 1 + parseFloat(getComputedStyle(parent).fontSize) * 0.25;  // a font's box is taller than its letters
        if (/hidden|clip/.test(style.overflowX) && (rect.right > edge.right + 1 || rect.left < edge.left - 1)) found.add(`cut off: ${name(parent)}`);
        if (/hidden|clip/.test(style.overflowY) && (rect.bottom > edge.bottom + slack || rect.top < edge.top - slack)) found.add(`cut off: ${name(parent)}`);
      }
    }
    return [...found];
  };

  // A word that breaks again and again, a few letters to a line.
  const squeezed = (lines) => {
    const byText = Map.groupBy(lines, ({ node }) => node);
    return [...byText].flatMap(([node, rows]) => {
      const widest = Math.max(...rows.map(({ rect }) => rect.width)) / parseFloat(getComputedStyle(node.parentElement).fontSize);
      return rows.length > 2 && widest < 2.5 ? [`squeezed: ${name(node.parentElement)}`] : [];
    });
  };

  const overlapping = (lines) => {
    const found = new Set();
    lines.forEach((one, index) => {
      for (const other of lines.slice(index + 1)) {
        if (one.parent === other.parent || one.layer !== other.layer) continue;
        const across = Math.min(one.rect.right, other.rect.right) - Math.max(one.rect.left, other.rect.left);
        const down = Math.min(one.rect.bottom, other.rect.bottom) - Math.max(one.rect.top, other.rect.top);
        if (across > 2 && down > 0.3 * Math.min(one.rect.height, other.rect.height)) found.add(`${name(one.parent)} lies on ${name(other.parent)}`);
      }
    });
    return [...found];
  };

  // What a finger aims at: the label around a radio button or a checkbox, not its dot.
  const target = (element) => (/radio|checkbox/.test(element.type) && element.closest("label")) || element;
  const isInSentence = (element) => {
    if (getComputedStyle(element).display !== "inline" || element.tagName !== "A") return false;
    return element.parentElement.textContent.trim().length > element.textContent.trim().length;
  };
  const tooSmall = ({ least, leastOwn, own }) => {
    const targets = all("a[href], button, input:not([type=hidden]), select, textarea, summary").filter((one) => isShown(one) && !isInSentence(one));
    return [...new Set(targets.map(target))].flatMap((element) => {
      const rect = element.getBoundingClientRect();
      const needed = element.matches(own) ? leastOwn : least;
      return Math.min(rect.width, rect.height) < needed - 0.5 ? [`${name(element)} is ${px(rect)}, needs ${needed}`] : [];
    });
  };

  // An adopted style sheet needs no leave of the CSP.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(page.css);
  document.adoptedStyleSheets = [sheet];
  const lines = linesOfText();
  const found = [...sideways(), ...cutOff(lines), ...overlapping(lines), ...squeezed(lines), ...stuckTooHigh(), ...(page.targets ? tooSmall(page.targets) : [])];
  document.adoptedStyleSheets = [];
  return found;
}
