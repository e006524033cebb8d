// What is known of a slice, and the sums over a selection.

import { element } from "./dom.js";

export function factsList(facts) {
  return element("dl", {}, ...facts.flatMap(([title, text]) => [element("dt", {}, title), element("dd", {}, text)]));
}

export function sumsTables(sums) {
  const tables = sums.tracks.map(sumsTable);
  return [
    element("p", { className: "selected" }, `Selected: ${sums.length}`),
    ...tables.length ? tables : [element("p", { className: "soft" }, "Nothing ran there.")],
  ];
}

function sumsTable(track) {
  const cells = (tag, texts) => element("tr", {}, ...texts.map((text) => element(tag, {}, text)));
  const more = track.more ? [element("p", { className: "soft" }, `and ${track.more} more names`)] : [];
  return element("section", {},
    element("h3", {}, `${track.title}: ${track.count} slices, busy for ${track.busy} (${track.share})`),
    element("table", {},
      element("thead", {}, cells("th", ["name", "count", "total", "self"])),
      element("tbody", {}, ...track.names.map((texts) => cells("td", texts)))),
    ...more);
}
