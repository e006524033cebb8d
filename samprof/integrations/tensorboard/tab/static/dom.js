// Elements, whose texts are never markup, and answers of the server.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// The address of an answer; a list as a value is repeated.
export function address(name, values = {}) {
  const asked = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    for (const one of [value].flat()) asked.append(key, one);
  }
  return `./${name}?${asked}`;
}

export async function answer(name, values = {}) {
  const response = await fetch(address(name, values));
  const kind = response.headers.get("Content-Type") ?? "";
  const data = kind.startsWith("application/json") ? await response.json() : {};
  if (!response.ok) throw new Error(data.error ?? `the server answered ${response.status}`);
  return data;
}

const UNITS = [["s", 1e9], ["ms", 1e6], ["us", 1e3], ["ns", 1]];

// A time in the unit of the step between two such times, with as many digits as that needs.
export function timeText(ns, step = ns) {
  const [unit, size] = UNITS.find(([, one]) => Math.abs(step) >= one) ?? UNITS.at(-1);
  const digits = Math.max(0, Math.ceil(-Math.log10(Math.abs(step) / size || 1) - 1e-9));
  const shown = step === ns && ns ? Number((ns / size).toPrecision(3)) : (ns / size).toFixed(digits);
  return `${shown} ${unit}`;
}
