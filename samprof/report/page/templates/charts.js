// Draws the charts from their specifications, and connects each legend to its charts.
"use strict";

async function draw(id, spec) {
  // ast: expressions are interpreted, so that the page needs no eval.
  const options = { mode: "vega-lite", renderer: "svg", actions: false, ast: true };
  options.tooltip = { disableDefaultStyle: true };
  const box = document.getElementById(id);
  try {
    const { view } = await vegaEmbed(box, spec, options);
    return { view, group: box.closest(".group") };
  } catch (error) {
    box.textContent = `This chart cannot be drawn: ${error.message}`;
    throw error;
  }
}

function connect(legend, views) {
  const buttons = [...legend.querySelectorAll("button")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.ariaPressed = button.ariaPressed === "true" ? "false" : "true";
      const picked = buttons.filter((one) => one.ariaPressed === "true");
      legend.classList.toggle("picking", picked.length > 0);
      const names = picked.map((one) => one.dataset.name);
      for (const view of views) view.signal("picked", names).runAsync();
    });
  }
}

async function drawAll(specs) {
  const drawn = await Promise.all(Object.entries(specs).map(([id, spec]) => draw(id, spec)));
  for (const legend of document.querySelectorAll(".legend")) {
    const own = drawn.filter((one) => one.group === legend.closest(".group"));
    connect(legend, own.map((one) => one.view));
  }
  document.documentElement.dataset.drawn = "yes";
}

drawAll(JSON.parse(document.getElementById("specs").textContent));
