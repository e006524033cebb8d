// A trace that can be zoomed, moved, searched and selected. The server sends only what a picture can show.

import { answer, element, timeText } from "./dom.js";
import { factsList, sumsTables } from "./facts.js";
import { GUTTER, Picture, placed, ROW, RULER } from "./picture.js";

const SHORTEST = 20, CLICK = 4, PAUSE_MS = 200;
const NONE = { part: [], start: [], end: [], count: [], filled: [], name: [] };
const HELP = "Drag to move, Shift + drag to select, Ctrl or Shift + wheel to zoom, click for details. " +
  "Keys: W S zoom, A D move, F to the selection, 0 all, Esc none.";

export class Timeline {
  constructor(trace) {
    this.trace = trace;
    this.state = { bars: new Map(), names: new Map(), steps: [], scroll: 0, hits: null, chosen: null, area: null };
    this.canvas = element("canvas", { tabIndex: 0, ariaLabel: `Timeline. ${HELP}` });
    this.filler = element("div", { className: "filler" });
    this.scroller = element("div", { className: "scroller" }, this.canvas, this.filler);
    this.tip = element("div", { className: "tip", hidden: true });
    this.facts = element("div", { className: "facts" }, element("p", { className: "soft" }, HELP));
    this.found = element("output");
    this.search = element("input", { type: "search", placeholder: "Search names" });
    this.search.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.find(0), PAUSE_MS);
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.find(this.place + (event.shiftKey ? -1 : 1));
    });
    const button = (text, title, act) => element("button", { type: "button", title, onclick: act }, text);
    this.tools = element("div", { className: "tools" },
      this.search,
      button("◂", "previous match (Shift + Enter)", () => this.find(this.place - 1)),
      button("▸", "next match (Enter)", () => this.find(this.place + 1)),
      this.found,
      element("span", { className: "space" }),
      button("+", "zoom in (W)", () => this.zoom(0.5)),
      button("−", "zoom out (S)", () => this.zoom(2)),
      button("all", "the whole trace (0)", () => this.show(0, this.span)));
    this.root = element("div", { className: "timeline" }, this.tools, this.scroller, this.tip, this.facts);
    this.picture = new Picture(this.canvas);
    this.place = 0;
    this.listen();
  }

  async load() {
    const data = await answer("tracks", { trace: this.trace });
    this.span = Math.max(data.span, 1);
    this.state.steps = data.steps;
    this.tracks = data.tracks;
    this.state.places = placed(data.tracks);
    this.state.view = { begin: 0, end: this.span };
    this.filler.style.height = `${this.state.places.height + RULER}px`;
    for (const note of data.notes) this.facts.append(element("p", { className: "soft" }, `Note: ${note}`));
    if (!data.tracks.length) this.facts.prepend(element("p", {}, "The trace holds no events that have a duration."));
    new ResizeObserver(() => this.resized()).observe(this.scroller);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.resized());
    this.resized();
  }

  resized() {
    if (!this.scroller.clientHeight) return;  // in a tab that is not shown
    this.canvas.style.height = `${this.scroller.clientHeight}px`;
    this.filler.style.marginTop = `-${this.scroller.clientHeight}px`;
    this.picture.fit();
    this.redraw();
  }

  show(begin, end) {
    const length = Math.min(Math.max(end - begin, SHORTEST), this.span * 1.1);
    const middle = (begin + end) / 2, edge = this.span * 0.05;
    const first = Math.min(Math.max(middle - length / 2, -edge), this.span + edge - length);
    this.state.view = { begin: first, end: first + length };
    this.redraw();
  }

  zoom(factor, at = (this.state.view.begin + this.state.view.end) / 2) {
    const { begin, end } = this.state.view;
    this.show(at - (at - begin) * factor, at + (end - at) * factor);
  }

  move(part) {
    const { begin, end } = this.state.view, by = (end - begin) * part;
    this.show(begin + by, end + by);
  }

  redraw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      if (!this.state.view || !this.picture.width) return;
      this.state.scroll = this.scroller.scrollTop;
      this.picture.draw(this.state);
      const { begin, end } = this.state.view;
      Object.assign(this.canvas.dataset, { begin, end, left: GUTTER, width: this.picture.plotWidth });
      this.ask();
    });
  }

  // Asks for the rows in sight, a view's half beyond either edge, unless that is here already.
  async ask() {
    if (this.asking) return;
    const { view, places, scroll } = this.state, length = view.end - view.begin;
    const rows = [...places.rows].filter(([, place]) =>
      place.top - scroll < this.picture.height && place.top - scroll > -2 * ROW).map(([row]) => row);
    const missing = rows.filter((row) => {
      const held = this.state.bars.get(row);
      const covers = held && held.begin <= Math.max(view.begin, 0) && held.until >= Math.min(view.end, this.span);
      return !covers || held.length > 1.6 * length || held.length < length / 3 || held.plot !== this.picture.plotWidth;
    });
    this.canvas.dataset.complete = missing.length ? "no" : "yes";
    if (!missing.length) return;
    this.asking = true;
    const begin = Math.max(Math.floor(view.begin - length / 2), 0);
    const end = Math.max(Math.ceil(Math.min(view.end + length / 2, this.span)), begin + 1);
    const plot = this.picture.plotWidth, width = Math.max(Math.ceil(plot * (end - begin) / length), 1);
    try {
      const data = await answer("window", { trace: this.trace, row: missing, begin, end, width });
      for (const [name, label] of Object.entries(data.names)) this.state.names.set(Number(name), label);
      const sent = new Map(data.rows.map((bars) => [bars.row, bars]));
      for (const row of missing) this.state.bars.set(row, { ...sent.get(row) ?? NONE, begin, until: end, length, plot });
      this.asking = false;
      this.redraw();
    } catch (error) {
      this.asking = false;
      this.say(error.message);
    }
  }

  say(...lines) {
    this.facts.replaceChildren(...lines.map((line) => element("p", { className: "soft" }, line)));
  }

  // Goes to a match of the search: -1 is the last.
  async find(place) {
    try {
      await this.seek(place);
    } catch (error) {
      this.say(error.message);
    }
  }

  async seek(place) {
    const text = this.search.value.trim();
    const asked = this.lastAsked = Symbol();
    if (!text) {
      this.state.hits = null;
      this.found.textContent = "";
      return this.redraw();
    }
    if (text !== this.lastText) this.total = 0;
    const wanted = this.total && place < 0 ? place + this.total : place;
    const found = await answer("search", { trace: this.trace, text, place: Math.max(wanted, 0) });
    if (asked !== this.lastAsked) return;
    this.lastText = text;
    this.total = found.count;
    this.place = found.place;
    this.state.hits = new Set(found.names);
    this.found.textContent = found.count ? `${found.place + 1} of ${found.count}, ${found.total} in all` : "none";
    if (found.hit) {
      this.goTo(found.hit);
      this.choose(found.hit.part);
    }
    this.redraw();
  }

  // Shows a slice: a fifth of the view wide, and in the middle of what is scrolled to.
  goTo(slice) {
    const around = Math.max(slice.end - slice.start, SHORTEST / 5) * 2;
    this.show(slice.start - around, slice.end + around);
    const place = this.state.places.rows.get(slice.row);
    const room = this.scroller.clientHeight - RULER - ROW;
    const away = place.top - this.scroller.scrollTop;
    if (away < 0 || away > room) this.scroller.scrollTop = place.top - room / 2;
  }

  async choose(part) {
    const found = await answer("slice", { trace: this.trace, part });
    this.state.chosen = found;
    this.state.area = null;
    this.facts.replaceChildren(factsList(found.facts));
    this.redraw();
  }

  async sum() {
    const { begin, end, from, to } = this.state.area;
    const heads = this.state.places.heads.filter(({ track, top }) =>
      top <= to && top + (track.levels.length + 1) * ROW >= from);
    if (!heads.length) return;
    const times = { begin: Math.max(Math.floor(begin), 0), end: Math.max(Math.ceil(end), 1) };
    const data = await answer("sums", { trace: this.trace, track: heads.map(({ number }) => number), ...times });
    this.facts.replaceChildren(...sumsTables(data));
  }

  // The bar under a point of the canvas.
  barAt(x, y) {
    if (x < GUTTER || y < RULER) return null;
    const at = this.picture.time(x, this.state.view), near = this.picture.time(x + 1, this.state.view) - at;
    for (const [row, place] of this.state.places.rows) {
      const top = this.picture.top(place, this.state);
      if (y < top || y >= top + ROW - 1) continue;
      const bars = this.state.bars.get(row);
      const one = bars?.start.findIndex((start, place) => start <= at + near / 2 && bars.end[place] >= at - near / 2);
      return one === undefined || one < 0 ? null : { row, bars, one };
    }
    return null;
  }

  hover(event) {
    const hit = this.dragging ? null : this.barAt(event.offsetX, event.offsetY);
    this.tip.hidden = !hit;
    if (!hit) return;
    const { bars, one } = hit, label = this.state.names.get(bars.name[one]) ?? "";
    const count = bars.count[one];
    this.tip.textContent = count === 1
      ? `${label}\n${timeText(bars.end[one] - bars.start[one])}`
      : `${count} slices in ${timeText(bars.end[one] - bars.start[one])}, the longest: ${label}\nzoom in to see them`;
    const right = event.clientX > innerWidth - 340;
    Object.assign(this.tip.style, {
      left: right ? "auto" : `${event.clientX + 12}px`,
      right: right ? `${innerWidth - event.clientX + 12}px` : "auto",
      top: `${Math.min(event.clientY + 14, innerHeight - 60)}px`,
    });
  }

  listen() {
    const { canvas } = this;
    this.scroller.addEventListener("scroll", () => this.redraw());
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey && !event.metaKey) return;
      event.preventDefault();
      const turned = event.deltaY || event.deltaX;  // Shift turns a wheel sideways on some systems
      this.zoom(Math.exp(Math.sign(turned) * Math.min(Math.abs(turned), 120) / 300), this.picture.time(event.offsetX, this.state.view));
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.state.view) return;
      canvas.setPointerCapture(event.pointerId);
      canvas.focus({ preventScroll: true });
      this.dragging = { x: event.offsetX, y: event.offsetY, view: this.state.view, scroll: this.scroller.scrollTop,
        selects: event.shiftKey, moved: false };
    });
    canvas.addEventListener("pointermove", (event) => this.dragging ? this.drag(event) : this.hover(event));
    canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    canvas.addEventListener("pointerup", (event) => this.drop(event));
    canvas.addEventListener("keydown", (event) => this.press(event));
  }

  drag(event) {
    const { x, y, view, scroll, selects } = this.dragging;
    this.dragging.moved ||= Math.hypot(event.offsetX - x, event.offsetY - y) > CLICK;
    if (!this.dragging.moved) return;
    this.tip.hidden = true;
    if (selects) {
      const times = [x, event.offsetX].map((one) => this.picture.time(Math.max(one, GUTTER), view)).sort((a, b) => a - b);
      const tops = [y, event.offsetY].map((one) => one - RULER + this.scroller.scrollTop).sort((a, b) => a - b);
      this.state.area = { begin: times[0], end: times[1], from: tops[0], to: tops[1] };
      return this.redraw();
    }
    const by = (x - event.offsetX) / this.picture.plotWidth * (view.end - view.begin);
    this.scroller.scrollTop = scroll + y - event.offsetY;
    this.show(view.begin + by, view.end + by);
  }

  drop(event) {
    const dragged = this.dragging;
    this.dragging = null;
    if (!dragged) return;
    if (dragged.moved) {
      if (dragged.selects) this.sum().catch((error) => this.say(error.message));
      return;
    }
    const hit = this.barAt(event.offsetX, event.offsetY);
    if (hit) this.choose(hit.bars.part[hit.one]).catch((error) => this.say(error.message));
    else this.clear();
  }

  clear() {
    this.state.chosen = this.state.area = null;
    this.say(HELP);
    this.redraw();
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { chosen, area } = this.state;
    const acts = {
      w: () => this.zoom(0.7), s: () => this.zoom(1 / 0.7), "+": () => this.zoom(0.7), "-": () => this.zoom(1 / 0.7),
      a: () => this.move(-0.2), d: () => this.move(0.2), arrowleft: () => this.move(-0.2), arrowright: () => this.move(0.2),
      f: () => area ? this.show(area.begin, area.end) : chosen && this.goTo(chosen),
      0: () => this.show(0, this.span), escape: () => this.clear(),
    };
    const act = acts[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  }
}
