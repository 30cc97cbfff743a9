// Draws the charts of the page, each from the Vega-Lite spec that stands in its place; anew when the colours change.
(() => {
  const MOST_IN_SVG = 2000; // with more marks a canvas answers faster
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map();

  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Where a spec has colours: a word there that begins with `--` is a variable of the page's style. A name that a person
  // gave, such as that of a hyperparameter `--ink`, stands nowhere there.
  const OF_COLOUR = /^(background|color|fill|stroke|(label|title|grid|domain|tick)Color|range|heatmap|ramp|value)$/;
  const coloured = (part, key = "") => {
    if (typeof part === "string") return OF_COLOUR.test(key) && part.startsWith("--") ? colour(part) || part : part;
    if (Array.isArray(part)) return part.map(item => coloured(item, key));
    if (part === null || typeof part !== "object") return part;
    return Object.fromEntries(
      Object.entries(part).map(([name, value]) => [name, name === "values" ? value : coloured(value, name)]));
  };

  const marks = part => {
    if (part === null || typeof part !== "object") return 0;
    return Object.entries(part).reduce(
      (sum, [key, value]) => sum + (key === "values" && Array.isArray(value) ? value.length : marks(value)), 0);
  };

  const config = () => coloured({
    font: getComputedStyle(document.body).fontFamily,
    background: "transparent",
    autosize: { type: "fit-x", contains: "padding" },
    padding: 2,
    numberFormat: ".6~g",
    view: { stroke: null },
    axis: {
      labelColor: "--soft", titleColor: "--soft", gridColor: "--line", domainColor: "--line", tickColor: "--line",
      labelFontSize: 12, titleFontSize: 12, titleFontWeight: 400, titlePadding: 8, labelOverlap: true, labelSeparation: 6, labelLimit: 160,
    },
    legend: {
      orient: "top", direction: "horizontal", columns: 3, titleColor: "--soft", labelColor: "--ink", labelFontSize: 12, symbolSize: 80,
      titleFontSize: 12, titleFontWeight: 400,
    },
    text: { fontSize: 12, color: "--ink" },
    header: { labelColor: "--ink", titleColor: "--soft" },
    title: { color: "--ink", fontSize: 14, fontWeight: 600, anchor: "start" },
    range: { heatmap: ["--card", "--middle", "--deep"], ramp: ["--card", "--middle", "--deep"] },
  });

  // Vega's own would take a hyperparameter `image` for the address of a picture.
  const tooltip = (values, escaped) => `<table>${Object.entries(values).map(
    ([name, value]) => `<tr><td class="key">${escaped(name)}</td><td>${escaped(String(value))}</td></tr>`).join("")}</table>`;

  const draw = async place => {
    drawn.get(place)?.finalize();
    const spec = JSON.parse(place.querySelector("script").textContent);
    const target = place.querySelector("div") ?? place.appendChild(document.createElement("div"));
    const result = await window.vegaEmbed(target, { width: "container", ...coloured(spec) }, {
      mode: "vega-lite",
      actions: false,
      config: config(),
      defaultStyle: false,
      renderer: marks(spec) > MOST_IN_SVG ? "canvas" : "svg",
      tooltip: { disableDefaultStyle: true, formatTooltip: tooltip },
    });
    // Vega calls a mark without an item a symbol, too, and has no name for it.
    target.querySelectorAll("[role=graphics-symbol]:not([aria-label])").forEach(mark => mark.removeAttribute("role"));
    drawn.set(place, result);
  };

  const all = async () => {
    for (const place of document.querySelectorAll(".chart")) {
      if (place.closest("details:not([open])") === null) await draw(place).catch(console.error); // the others are drawn
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    all();
    dark.addEventListener("change", all);
    for (const folded of document.querySelectorAll("details")) {
      folded.addEventListener("toggle", () => {
        if (folded.open) folded.querySelectorAll(".chart").forEach(place => drawn.has(place) || draw(place));
      });
    }
  });
})();
