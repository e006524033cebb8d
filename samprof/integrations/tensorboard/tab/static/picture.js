// The picture of a timeline: where its rows and times are, and how bars are drawn.

import { timeText } from "./dom.js";

export const ROW = 18, HEAD = 20, RULER = 34, GUTTER = 168;
const FONT = "11px system-ui, sans-serif", CHARACTER = 5.8, ACCENT = "#b54a18";
const STEPS = [1, 2, 5];

// The rows of all tracks from the top down, each with its place below the ruler.
export function placed(tracks) {
  const rows = new Map(), heads = [];
  let top = 0;
  tracks.forEach((track, number) => {
    heads.push({ track, number, top });
    top += HEAD;
    for (const row of track.levels) {
      rows.set(row, { track: number, top });
      top += ROW;
    }
    top += 6;
  });
  return { rows, heads, height: top };
}

function hash(text) {
  let value = 2166136261;
  for (let place = 0; place < text.length; place++) value = Math.imul(value ^ text.charCodeAt(place), 16777619);
  return value >>> 0;
}

// The colour of a name: always the same, never near that of a selection, with a text that can be read.
export function colorOf(label, dark) {
  const hue = 60 + hash(label) % 290, light = (dark ? 34 : 72) + (hash(label) >>> 9) % 10;
  return `hsl(${hue} 45% ${light}%)`;
}

export function tickStep(span, pixels) {
  const least = span / Math.max(pixels / 110, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  return Math.max(1, power * (STEPS.find((one) => one * power >= least) ?? 10));
}

export class Picture {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.colors = new Map();
  }

  // The size that the canvas has on the page, in device pixels so that lines are sharp.
  fit() {
    const { clientWidth, clientHeight } = this.canvas, ratio = window.devicePixelRatio || 1;
    this.width = clientWidth;
    this.height = clientHeight;
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.dark = matchMedia("(prefers-color-scheme: dark)").matches;
    this.colors.clear();
  }

  get plotWidth() {
    return Math.max(this.width - GUTTER, 1);
  }

  x(time, view) {
    return GUTTER + (time - view.begin) / (view.end - view.begin) * this.plotWidth;
  }

  time(x, view) {
    return view.begin + (x - GUTTER) / this.plotWidth * (view.end - view.begin);
  }

  color(label) {
    if (!this.colors.has(label)) this.colors.set(label, colorOf(label, this.dark));
    return this.colors.get(label);
  }

  draw(state) {
    const { context, width, height } = this;
    this.ink = this.dark ? "#e4e4e2" : "#1d1f21";
    this.line = this.dark ? "#383b40" : "#dcdcdc";
    context.clearRect(0, 0, width, height);
    context.font = FONT;
    context.textBaseline = "middle";
    context.save();
    context.beginPath();
    context.rect(0, RULER, width, height - RULER);
    context.clip();
    this.drawGrid(state);
    for (const head of state.places.heads) this.drawHead(head, state);
    context.beginPath();
    context.rect(GUTTER, RULER, width - GUTTER, height - RULER);
    context.clip();
    for (const [row, place] of state.places.rows) this.drawRow(row, place, state);
    this.drawMarks(state);
    context.restore();
    this.drawRuler(state);
  }

  top(place, state) {
    return RULER + place.top - state.scroll;
  }

  drawHead(head, state) {
    const y = this.top(head, state);
    if (y > this.height || y + HEAD + head.track.levels.length * ROW < RULER) return;
    const { context } = this;
    context.fillStyle = this.line;
    context.fillRect(0, y, this.width, 1);
    context.fillStyle = this.ink;
    const visible = Math.max(y, RULER);  // the title of a long track stays in sight
    this.text(head.track.title, 8, visible + HEAD / 2, GUTTER - 14);
  }

  drawRow(row, place, state) {
    const y = this.top(place, state), bars = state.bars.get(row);
    if (!bars || y > this.height || y + ROW < RULER) return;
    const { context } = this, { view, names, hits } = state;
    for (let one = 0; one < bars.part.length; one++) {
      if (bars.end[one] < view.begin || bars.start[one] > view.end) continue;
      const left = Math.max(this.x(bars.start[one], view), GUTTER - 2);
      const wide = Math.max(Math.min(this.x(bars.end[one], view), this.width + 2) - left, 1);
      const label = names.get(bars.name[one]) ?? "";
      const full = bars.count[one] === 1 ? 1 : bars.filled[one] / Math.max(bars.end[one] - bars.start[one], 1);
      context.globalAlpha = (hits && !hits.has(bars.name[one]) ? 0.18 : 1) * (0.3 + 0.7 * Math.min(full, 1));
      context.fillStyle = this.color(label);
      context.fillRect(left, y, wide > 3 ? wide - 0.5 : wide, ROW - 2);
      if (wide > 24) {
        context.fillStyle = this.ink;
        const said = bars.count[one] === 1 ? label : `${bars.count[one]} × ${label} and others`;
        this.text(said, Math.max(left, GUTTER) + 4, y + ROW / 2 - 0.5, wide - 8);
      }
    }
    context.globalAlpha = 1;
  }

  text(words, x, y, room) {
    const most = Math.floor(room / CHARACTER);
    if (most < 3) return;
    this.context.fillText(words.length <= most ? words : `${words.slice(0, most - 1)}…`, x, y);
  }

  drawMarks(state) {
    const { context } = this, { view, chosen, area } = state;
    if (chosen && state.places.rows.has(chosen.row)) {
      const y = this.top(state.places.rows.get(chosen.row), state);
      const left = this.x(chosen.start, view), right = this.x(chosen.end, view);
      context.strokeStyle = ACCENT;
      context.lineWidth = 2;
      context.strokeRect(left, y, Math.max(right - left, 1), ROW - 2);
    }
    if (area) {
      const left = this.x(area.begin, view), right = this.x(area.end, view);
      context.fillStyle = this.dark ? "#ffffff18" : "#00000012";
      context.fillRect(left, RULER, right - left, this.height);
      context.fillStyle = ACCENT;
      for (const x of [left, right]) context.fillRect(x, RULER, 1, this.height);
    }
  }

  ticks(view) {
    const step = tickStep(view.end - view.begin, this.plotWidth), found = [];
    for (let at = Math.ceil(view.begin / step) * step; at <= view.end; at += step) found.push(at);
    return { step, found };
  }

  drawGrid(state) {
    this.context.fillStyle = this.line;
    this.context.globalAlpha = 0.5;
    for (const at of this.ticks(state.view).found) this.context.fillRect(this.x(at, state.view), RULER, 1, this.height);
    this.context.globalAlpha = 1;
  }

  drawRuler(state) {
    const { context } = this, { view, steps } = state, { step, found } = this.ticks(view);
    context.save();
    context.beginPath();
    context.rect(GUTTER, 0, this.plotWidth, RULER);
    context.clip();
    steps.forEach(([number, start, end], place) => {
      const left = Math.max(this.x(start, view), GUTTER), right = this.x(end, view);
      if (right < GUTTER || left > this.width) return;
      context.fillStyle = this.line;
      context.globalAlpha = place % 2 ? 0.9 : 0.5;
      context.fillRect(left, 0, Math.max(right - left, 1), 15);
      context.globalAlpha = 1;
      context.fillStyle = this.ink;
      this.text(`step ${number}`, left + 4, 8, right - left - 6);
    });
    context.fillStyle = this.ink;
    for (const at of found) {
      const x = this.x(at, view);
      context.fillRect(x, RULER - 5, 1, 5);
      context.fillText(timeText(at, step), x + 4, RULER - 9);
    }
    context.restore();
    context.fillStyle = this.line;
    context.fillRect(0, RULER - 1, this.width, 1);
  }
}
