// Makes tree tables sortable, searchable and foldable. Without it they are fully unfolded.
"use strict";

// One node per row: its children are the deeper rows below it.
function treeOf(rows) {
  const nodes = [], above = [];
  for (const row of rows) {
    const depth = Number(row.dataset.depth);
    above.length = Math.min(above.length, depth);
    const parent = above.at(-1) ?? null;
    const node = { row, depth, parent, children: [], open: true, place: nodes.length };
    node.words = `${row.dataset.path}\n${row.textContent}`.toLowerCase();
    parent?.children.push(node);
    above[depth] = node;
    nodes.push(node);
  }
  return nodes;
}

function valueOf(node, column, isNumber) {
  if (column === 0) return node.row.dataset.path;
  const text = node.row.cells[column].textContent;
  return isNumber ? parseFloat(text) : text;
}

// Sorts siblings only, so that a tree stays a tree; rows without a value come last either way.
function compareBy(column, isNumber, sign) {
  if (sign === 0) return (a, b) => a.place - b.place;
  return (a, b) => {
    const [x, y] = [valueOf(a, column, isNumber), valueOf(b, column, isNumber)];
    const [noX, noY] = [x, y].map((value) => value === "" || Number.isNaN(value));
    if (noX || noY) return noX - noY || a.place - b.place;
    const order = isNumber ? x - y : x.localeCompare(y, "en", { numeric: true });
    return sign * order || a.place - b.place;
  };
}

function sorted(nodes, compare) {
  return [...nodes].sort(compare).flatMap((node) => [node, ...sorted(node.children, compare)]);
}

function ancestors(node) {
  return node.parent ? [node.parent, ...ancestors(node.parent)] : [];
}

function behave(table) {
  const tools = table.closest("section").querySelector(`.tools[data-for="${table.id}"]`);
  const [search, depths, count] = ["input", "select", "output"].map((tag) => tools.querySelector(tag));
  const body = table.tBodies[0];
  const nodes = treeOf(body.rows);
  const roots = nodes.filter((node) => !node.parent);

  function show() {
    const asked = search.value.trim().toLowerCase();
    const hits = nodes.filter((node) => node.words.includes(asked));
    const around = new Set(hits.flatMap(ancestors));
    for (const node of nodes) {
      const found = around.has(node) || hits.includes(node);
      node.row.hidden = asked ? !found : ancestors(node).some((outer) => !outer.open);
      node.button?.setAttribute("aria-expanded", node.open || around.has(node) && asked !== "");
      if (node.button) node.button.textContent = node.button.ariaExpanded === "true" ? "▾" : "▸";
    }
    const shown = nodes.filter((node) => !node.row.hidden).length;
    count.textContent = asked ? `${hits.length} found` : `${shown} of ${nodes.length} rows`;
  }

  function foldTo(depth) {
    for (const node of nodes) node.open = node.depth < depth;
    show();
  }

  function addFold(node) {
    const button = document.createElement("button");
    button.className = "fold";
    button.type = "button";
    button.ariaLabel = `rows inside ${node.row.dataset.path}`;
    button.addEventListener("click", () => { node.open = !node.open; show(); });
    node.row.cells[0].prepend(button);
    node.button = button;
  }

  function addSort(head, column) {
    const isNumber = !head.classList.contains("word") && !head.classList.contains("name");
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    const turns = isNumber ? ["descending", "ascending", "none"] : ["ascending", "descending", "none"];
    const signs = { ascending: 1, descending: -1, none: 0 };
    button.addEventListener("click", () => {
      const turn = turns[(turns.indexOf(head.ariaSort ?? "none") + 1) % turns.length];
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      if (turn !== "none") head.ariaSort = turn;
      const order = sorted(roots, compareBy(column, isNumber, signs[turn]));
      body.append(...order.map((node) => node.row));
    });
  }

  const parents = nodes.filter((node) => node.children.length);
  parents.forEach(addFold);
  table.classList.toggle("has-folds", parents.length > 0);
  [...table.tHead.rows[0].cells].forEach(addSort);

  const deepest = Math.max(...nodes.map((node) => node.depth));
  for (let depth = 0; depth <= deepest; depth++) {
    depths.add(new Option(depth === deepest ? "all levels" : `${depth + 1} of ${deepest + 1} levels`, depth));
  }
  // As deep as fits on a screen or two.
  const fits = (depth) => nodes.filter((node) => node.depth <= depth).length <= 40;
  let first = deepest;
  while (first > 1 && !fits(first)) first--;
  depths.value = first;
  depths.addEventListener("change", () => { search.value = ""; foldTo(Number(depths.value)); });
  search.addEventListener("input", show);
  tools.hidden = false;
  foldTo(first);
}

document.querySelectorAll("table.tree").forEach(behave);
