// samprof's tab: runs and traces on the left, what is chosen on the right.

import { address, answer, element } from "./dom.js";
import { Timeline } from "./timeline.js";

const RELOAD_MS = 5000;
const TRACE_TABS = { timeline: "Trace", layers: "Layers", kernels: "Kernels", ops: "Ops", memory: "Memory" };
const RUN_TABS = { verdict: "Verdict", scaling: "Scaling", forward: "One forward", comparison: "Compare", about: "About" };
const SECTIONS = {
  verdict: ["verdict", "batching", "overhead"],
  scaling: ["scaling", "growth"],
  forward: ["components", "roofline", "forward"],
  comparison: ["comparison"],
  about: ["accounting", "environment", "commands"],
};

class Tab {
  constructor() {
    this.list = element("nav", { className: "entries", ariaLabel: "Runs and traces" });
    this.tabs = element("div", { className: "tabs", role: "tablist" });
    this.content = element("main");
    this.entries = [];
    this.chosen = JSON.parse(sessionStorage.getItem("samprof") ?? "{}");
    document.body.append(this.list, element("div", { className: "side" }, this.tabs, this.content));
  }

  async reload() {
    try {
      const { entries } = await answer("entries");
      const found = JSON.stringify(entries);
      if (found === this.shownEntries) return;
      this.shownEntries = found;
      this.entries = entries;
      this.showEntries();
    } catch (error) {
      this.shownEntries = null;
      this.list.replaceChildren(element("p", { className: "soft" }, `TensorBoard does not answer: ${error.message}`));
    }
  }

  get entry() {
    return this.entries.find((one) => one.key === this.chosen.key);
  }

  showEntries() {
    const runs = this.entries.some((one) => one.is_run);
    const head = (text) => element("h2", {}, text);
    const shown = [];
    let section = "";
    for (const one of this.entries) {
      const its = one.is_run || one.run ? "Runs" : runs ? "Other traces" : "Traces";
      if (its !== section) shown.push(head(section = its));
      shown.push(this.entryButton(one));
    }
    if (!shown.length) shown.push(element("p", { className: "soft" }, "No run and no trace below the log directory yet. " +
      "samprof.profile(model, logdir=...) and torch.profiler.tensorboard_trace_handler write some."));
    this.list.replaceChildren(...shown);
    if (!this.entry && this.entries.length) this.choose(this.entries[0].key);
    else if (!this.tabs.childElementCount && this.entry) this.choose(this.chosen.key, this.chosen.tab);
    else this.mark();
  }

  entryButton(one) {
    const kind = one.is_run ? "run" : one.run ? "point" : "trace";
    const choose = () => this.choose(one.key);
    return element("button", { type: "button", className: kind, title: one.title, onclick: choose, "data-key": one.key }, one.title);
  }

  mark() {
    for (const button of this.list.querySelectorAll("button")) {
      button.ariaCurrent = button.dataset.key === this.chosen.key ? "true" : "false";
    }
    for (const button of this.tabs.children) button.ariaSelected = button.dataset.tab === this.chosen.tab ? "true" : "false";
  }

  choose(key, tab) {
    this.chosen = { ...this.chosen, key };
    const entry = this.entry;
    const names = entry.is_run ? RUN_TABS : TRACE_TABS;
    const first = Object.keys(names)[0];
    this.tabs.replaceChildren(...Object.entries(names).map(([name, title]) => element("button",
      { type: "button", role: "tab", onclick: () => this.showTab(name), "data-tab": name }, title)));
    this.showTab(tab in names ? tab : this.chosen.tab in names ? this.chosen.tab : first);
  }

  showTab(tab) {
    this.chosen = { ...this.chosen, tab };
    sessionStorage.setItem("samprof", JSON.stringify(this.chosen));
    this.mark();
    const { entry } = this;
    if (entry.message) return this.content.replaceChildren(element("p", { className: "soft" }, entry.message));
    if (tab === "timeline") return this.showTimeline(entry);
    if (!entry.is_run) return this.showPage(address("trace_part", { trace: entry.key, part: tab }));
    if (tab === "comparison") return this.showComparison(entry);
    this.showPage(address("run_part", { run: entry.key, section: SECTIONS[tab] }));
  }

  // A page of the report can run its own scripts, and reach nothing of this one.
  showPage(src, ...above) {
    const frame = element("iframe", { sandbox: "allow-scripts", title: this.chosen.tab, src });
    const waiting = element("p", { className: "soft waiting" }, "Reading…");
    frame.addEventListener("load", () => waiting.remove());
    this.content.replaceChildren(...above, waiting, frame);
  }

  showComparison(entry, against = "") {
    const others = this.entries.filter((one) => one.is_run && one.key !== entry.key);
    const choice = element("select", { onchange: () => this.showComparison(entry, choice.value) },
      new Option("the variants of this run", ""), ...others.map((one) => new Option(one.title, one.key)));
    choice.value = against;
    const values = { run: entry.key, section: SECTIONS.comparison, against: against ? [against] : [] };
    this.showPage(address("run_part", values), element("label", { className: "choice" }, "Compare with ", choice));
  }

  async showTimeline(entry) {
    const timeline = new Timeline(entry.key);
    const waiting = element("p", { className: "soft waiting" }, "Reading the trace…");
    this.content.replaceChildren(waiting);
    try {
      await Promise.resolve(this.content.append(timeline.root));
      await timeline.load();
      waiting.remove();
    } catch (error) {
      timeline.root.remove();
      waiting.textContent = error.message;
    }
  }
}

export async function render() {
  document.documentElement.lang = "en";
  document.head.append(element("link", { rel: "stylesheet", href: "./style.css" }));
  const tab = new Tab();
  await tab.reload();
  setInterval(() => document.visibilityState === "visible" && tab.reload(), RELOAD_MS);
}
