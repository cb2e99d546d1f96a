/* Draws every [data-chart] from the JSON beside it. Colors come from CSS variables, so light and dark are the page's. */
(() => {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const drawn = [];
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const symbols = { EUR: "€", USD: "$", GBP: "£", JPY: "¥" };

  function spoken(value, currency) {
    if (value === null || value === undefined) return "–";
    if (!currency) return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
    const amount = value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    return symbols[currency] ? symbols[currency] + amount : `${amount} ${currency}`;
  }

  function dataset(one) {
    const color = css(`--chart-${one.color}`) || css("--chart-before");
    return one.line
      ? { type: "line", label: one.name, data: one.values, borderColor: color, backgroundColor: color, borderWidth: 2,
          pointRadius: one.values.length > 40 ? 0 : 2, tension: 0, order: 0, spanGaps: false }
      : { type: "bar", label: one.name, data: one.values, backgroundColor: color, borderRadius: 2, order: 1,
          maxBarThickness: 36 };
  }

  function axis(title, extra) {
    return {
      title: { display: Boolean(title), text: title, color: css("--chart-text") },
      ticks: { color: css("--chart-text"), maxRotation: 0, autoSkipPadding: 12, ...extra.ticks },
      grid: { color: css("--chart-grid"), display: extra.grid },
      border: { color: css("--chart-grid") },
      stacked: extra.stacked,
      beginAtZero: true,
    };
  }

  function options(data) {
    return {
      responsive: true,
      maintainAspectRatio: false,
      animation: still ? false : { duration: 250 },
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: { display: data.series.length > 1, position: "bottom",
          labels: { color: css("--chart-text"), boxWidth: 12, boxHeight: 12 } },
        tooltip: { callbacks: { label: (item) => ` ${item.dataset.label}: ${spoken(item.raw, data.currency)}` } },
      },
      scales: {
        x: axis(data.xTitle, { grid: false, stacked: data.stacked }),
        y: axis(data.yTitle, { grid: true, stacked: data.stacked, ticks: {
          precision: 0, maxTicksLimit: 5, callback: (value) => spoken(value, data.currency).replace(/\.00(?= |$)/, "") } }),
      },
    };
  }

  function draw(holder) {
    const canvas = holder.querySelector("canvas");
    const data = JSON.parse(document.getElementById(holder.dataset.chart).textContent);
    holder.querySelector("[data-export]")?.addEventListener("click", () => download(data, holder.dataset.chart));
    if (!canvas) return;
    Chart.defaults.font.family = "Inter, system-ui, sans-serif";
    const chart = new Chart(canvas, {
      data: { labels: data.labels, datasets: data.series.map(dataset) },
      options: options(data),
    });
    drawn.push([chart, data]);
  }

  function download(data, name) {
    const cell = (value) => `"${String(value ?? "").replace(/"/g, '""')}"`;
    const head = [data.xTitle, ...data.series.map((one) => one.name)].map(cell).join(",");
    const lines = data.labels.map((label, n) => [label, ...data.series.map((one) => one.values[n])].map(cell).join(","));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([[head, ...lines].join("\n")], { type: "text/csv" }));
    link.download = `${name}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  function recolor() {
    for (const [chart, data] of drawn) {
      chart.data.datasets = data.series.map(dataset);
      chart.options = options(data);
      chart.update("none");
    }
  }

  addEventListener("DOMContentLoaded", () => {
    for (const holder of document.querySelectorAll("[data-chart]")) draw(holder);
    // What parts.js loads later may hold charts, too.
    addEventListener("h:part", (event) => { for (const holder of event.target.querySelectorAll("[data-chart]")) draw(holder); });
    new MutationObserver(recolor).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
  });
})();
