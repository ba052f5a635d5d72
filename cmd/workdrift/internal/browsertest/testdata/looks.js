// The checks of a page. Each returns a list of sentences that say what is wrong.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const words = (text) => text.replace(/\s+/g, " ").trim();
  const name = (el) => {
    const id = el.id ? "#" + el.id : "";
    const kind = el.getAttribute("class") ? "." + el.getAttribute("class").trim().replace(/\s+/g, ".") : "";
    return `<${el.tagName.toLowerCase()}${id}${kind}> "${words(el.textContent).slice(0, 50)}"`;
  };
  const hiddenForEyes = (el) => el.closest(".hidden") !== null;
  const seen = (el) => el.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && el.getClientRects().length > 0;

  // Colours are [red, green, blue, opacity].
  const colour = (text) => {
    const m = text.match(/^rgba?\(([^)]*)\)$/);
    if (!m) return null;
    const n = m[1].split(/[\s,/]+/).map(Number);
    return n.length === 3 ? [...n, 1] : n;
  };
  const over = (front, back) => front.slice(0, 3).map((v, i) => v * front[3] + back[i] * (1 - front[3])).concat(1);
  const light = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const fade = (c, el) => {
    let opacity = c[3];
    for (let e = el; e; e = e.parentElement) opacity *= Number(getComputedStyle(e).opacity);
    return [...c.slice(0, 3), opacity];
  };
  // ground is what is behind an element: the backgrounds of those it is in.
  const ground = (el) => {
    const layers = [];
    for (let e = el; e; e = e.parentElement) {
      const c = colour(getComputedStyle(e).backgroundColor);
      if (c && c[3] > 0) layers.push(c);
      if (c && c[3] === 1) break;
    }
    const canvas = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reduceRight((back, front) => over(front, back), canvas);
  };
  // A box of text has a little room above and below the letters.
  const touches = (a, b) => {
    const room = Math.min(a.height, b.height) * 0.2;
    return a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - room && b.top < a.bottom - room;
  };
  // grounds are all colours that may be behind a text.
  const grounds = (el) => {
    const list = [ground(el)];
    const svg = el.closest("svg");
    if (!svg) return list;
    for (const shape of all("rect, polygon, circle", svg)) {
      const fill = colour(getComputedStyle(shape).fill);
      if (fill && touches(shape.getBoundingClientRect(), el.getBoundingClientRect())) list.push(over(fade(fill, shape), list[0]));
    }
    return list;
  };

  const focusable = () => all("a[href], button, input, select, textarea, summary, [tabindex]").filter((el) =>
    el.tabIndex >= 0 && !el.disabled && el.type !== "hidden" && seen(el));

  return {
    unfold: () => all("details").forEach((el) => { el.open = true; }),

    structure: () => {
      const wrong = [];
      const one = (selector, what) => { const n = all(selector).length; if (n !== 1) wrong.push(`${n} ${what}`); };
      if (document.documentElement.lang !== "en") wrong.push("no language");
      if (!/^\S.* · Workdrift$/.test(document.title)) wrong.push(`the title is ${document.title}`);
      one("h1", "h1"); one("main", "main"); one("body > header", "header"); one("body > footer", "footer"); one("header nav[aria-label]", "named nav in the header");
      if (words(document.querySelector("h1")?.textContent ?? "") === "") wrong.push("the h1 is empty");
      let level = 0;
      for (const h of all("h1, h2, h3, h4, h5, h6")) {
        const n = Number(h.tagName[1]);
        if (n > level + 1) wrong.push(`h${n} after h${level}: ${name(h)}`);
        if (words(h.textContent) === "") wrong.push(`an empty heading: ${name(h)}`);
        level = n;
      }
      for (const el of document.body.children) {
        if (!el.matches("header, main, footer, .skip, script")) wrong.push(`outside of every landmark: ${name(el)}`);
      }
      for (const el of all("nav")) if (!el.getAttribute("aria-label")) wrong.push(`a nav without a name: ${name(el)}`);
      const ids = new Map();
      for (const el of all("[id]")) ids.set(el.id, (ids.get(el.id) ?? 0) + 1);
      for (const [id, n] of ids) if (n > 1) wrong.push(`${n} elements are called ${id}`);
      for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
        for (const el of all(`[${attribute}]`)) {
          for (const id of el.getAttribute(attribute).split(/\s+/)) if (!ids.has(id)) wrong.push(`${attribute} of ${name(el)} names ${id}, which is not there`);
        }
      }
      for (const el of all("a[href^='#']")) {
        if (el.hash && !ids.has(decodeURIComponent(el.hash.slice(1)))) wrong.push(`leads nowhere: ${name(el)}`);
      }
      for (const el of all("table")) {
        if (!el.caption && !el.getAttribute("aria-label")) wrong.push(`a table without a caption: ${name(el)}`);
        for (const th of all("th", el)) if (!th.scope) wrong.push(`a heading of a table without a scope: ${name(th)}`);
        const width = Math.max(...[...el.rows].map((row) => row.cells.length));
        for (const row of el.rows) if (row.cells.length !== width) wrong.push(`a row with ${row.cells.length} of ${width} cells: ${name(row)}`);
      }
      for (const el of all("ul, ol")) {
        for (const child of el.children) if (child.tagName !== "LI") wrong.push(`${name(child)} in a list`);
      }
      for (const el of all("[style], style, script:not([src])")) wrong.push(`inline: ${name(el)}`);
      for (const el of all("[onclick], [onload], [onsubmit], [onchange]")) wrong.push(`a handler inline: ${name(el)}`);
      const none = document.body.innerText.match(/.{0,30}(\bNaN\b|\bnull\b|<nil>|%!\w).{0,30}/);
      if (none) wrong.push("a value that is none is shown: " + none[0]);
      return wrong;
    },

    contrast: () => {
      const wrong = new Set();
      const text = (el, colourText, style, what) => {
        const c = colour(colourText);
        if (!c) { wrong.add(`${what}: colour ${colourText}`); return; }
        const size = parseFloat(style.fontSize);
        const large = !el.closest("svg") && (size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700);
        for (const back of grounds(el)) {
          const r = ratio(over(fade(c, el), back), back);
          if (r < (large ? 3 : 4.5)) wrong.add(`${what}: contrast ${r.toFixed(2)}`);
        }
      };
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) {
        const el = walk.currentNode.parentElement;
        if (words(walk.currentNode.data) === "" || !seen(el) || hiddenForEyes(el) || el.matches("title, desc, option, script, style")) continue;
        const style = getComputedStyle(el);
        text(el, el.closest("svg") ? style.fill : style.color, style, name(el));
      }
      for (const el of all("input, select, textarea, button").filter(seen)) {
        const style = getComputedStyle(el);
        text(el, style.color, style, name(el));
        if (el.placeholder) text(el, getComputedStyle(el, "::placeholder").color, style, "placeholder of " + name(el));
        if (el.type === "checkbox" || el.type === "radio") continue; // drawn by the browser
        const r = ratio(over(colour(style.borderTopColor), ground(el.parentElement)), ground(el.parentElement));
        if (r < 3) wrong.add(`the border of ${name(el)}: contrast ${r.toFixed(2)}`);
      }
      for (const el of all("polyline, circle, rect:not(.ground)").filter(seen)) {
        const style = getComputedStyle(el);
        const c = colour(el.tagName === "polyline" ? style.stroke : style.fill);
        const back = ground(el.closest("svg"));
        const r = c ? ratio(over(fade(c, el), back), back) : 0;
        if (r < 3) wrong.add(`${name(el)} in a drawing: contrast ${r.toFixed(2)}`);
      }
      return [...wrong];
    },

    // fits checks that nothing is wider than the screen, cut off, over something
    // else, or too small to touch or to read.
    fits: () => {
      const wrong = [];
      const width = document.documentElement.clientWidth;
      if (document.scrollingElement.scrollWidth > width) {
        const wide = all("body *").filter((el) => el.getBoundingClientRect().right > width + 0.5 && !el.closest(".scroll, pre") || el.scrollWidth > el.clientWidth && el.clientWidth > 0 && !el.matches(".scroll, pre, .hidden"));
        wrong.push(`${document.scrollingElement.scrollWidth} wide on ${width}: ${wide.slice(-3).map(name).join(", ")}`);
      }
      for (const el of all(".scroll, pre")) {
        const style = getComputedStyle(el);
        if (el.scrollWidth > el.clientWidth + 1 && seen(el) && (style.overflowX !== "auto" || el.matches(".scroll") && (el.tabIndex !== 0 || !el.getAttribute("aria-label")))) wrong.push(`scrolls, but not by keyboard: ${name(el)}`);
      }
      for (const el of all("button, select, input:not([type=hidden]), nav a").filter(seen)) {
        const around = el.closest("label") && el.matches("[type=checkbox], [type=radio]") ? el.closest("label") : el;
        const box = around.getBoundingClientRect();
        if (box.height < 24 || box.width < 24) {
          if (!el.matches("[type=checkbox], [type=radio]") || box.height < 18) wrong.push(`small to touch, ${box.width.toFixed()}×${box.height.toFixed()}: ${name(el)}`);
        }
      }
      for (const el of all(".scroll button, .scroll input, .scroll select").filter(seen)) {
        const clip = el.closest(".scroll").getBoundingClientRect();
        if (el.getBoundingClientRect().right > clip.right + 0.5) wrong.push(`out of sight until one scrolls: ${name(el)}`);
      }
      for (const el of all("p, caption, h1, h2, h3, li, label > span").filter((el) => seen(el) && !hiddenForEyes(el))) {
        const box = el.getBoundingClientRect();
        if (box.width < 60 && words(el.textContent).length > 60) wrong.push(`squeezed: ${name(el)}`);
      }
      for (const svg of all("svg").filter(seen)) {
        const texts = all("text", svg).filter(seen);
        const scale = svg.getScreenCTM().a;
        texts.forEach((el, i) => {
          const box = el.getBoundingClientRect();
          if (!el.closest(".scroll") && (box.left < -0.5 || box.right > width + 0.5)) wrong.push(`cut off: ${name(el)}`);
          const size = parseFloat(getComputedStyle(el).fontSize) * scale;
          if (size < 9) wrong.push(`${size.toFixed(1)} pixels high: ${name(el)}`);
          for (const other of texts.slice(i + 1)) if (touches(box, other.getBoundingClientRect())) wrong.push(`${name(el)} lies over ${name(other)}`);
        });
      }
      for (const el of all("button, a, select, label, th, td, h1, h2, h3").filter(seen)) {
        if (!hiddenForEyes(el) && getComputedStyle(el).overflow === "hidden" && el.scrollWidth > el.clientWidth + 1) wrong.push(`cut off: ${name(el)}`);
      }
      return wrong;
    },

    // links are all addresses of this site that the page leads to.
    links: () => [...new Set(all("a[href]").filter((el) => el.origin === location.origin).map((el) => el.pathname + el.search + el.hash))],
    elsewhere: () => all("a[href]").filter((el) => el.origin !== location.origin && !/noreferrer/.test(el.rel)).map(name),
    forms: () => all("form").filter((el) => new URL(el.action).origin !== location.origin).map(name),
    has: (id) => document.getElementById(id) !== null,

    // watch notes from now on what has the focus and whether that is seen, and
    // returns how many stops there are for the keyboard.
    watch: () => {
      window.stops = [];
      document.addEventListener("focusin", ({ target }) => {
        const style = getComputedStyle(target);
        const back = ground(target.parentElement);
        const c = colour(style.outlineColor);
        const visible = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && c && ratio(over(c, back), back) >= 3;
        window.stops.push({ target, visible });
      }, true);
      return focusable().length;
    },
    // reached compares what had the focus with what there is to use.
    reached: () => {
      const wrong = [];
      focusable().forEach((el, i) => {
        const stop = window.stops[i];
        if (stop?.target !== el) wrong.push(`stop ${i + 1} of the keyboard is ${stop ? name(stop.target) : "missing"}, want ${name(el)}`);
        else if (!stop.visible) wrong.push(`the focus is not seen on ${name(el)}`);
      });
      return wrong.slice(0, 5);
    },
  };
})()
