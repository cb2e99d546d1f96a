/* Draws every [data-chart] from the JSON beside it. Colors come from CSS variables, so light and dark are the page's. */
(() => {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const drawn = [];
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const symbols = { EUR: "€", USD: "$", GBP: "£", JPY: "¥" };

  function spoken(value, currency, decimals = 0) {
    if (value === null || value === undefined) return "–";
    if (!currency) return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    const amount = value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    return symbols[currency] ? symbols[currency] + amount : `${amount} ${currency}`;
  }

  function dataset(one) {
    const color = css(`--chart-${one.color}`) || css("--chart-before");
    return one.line
      ? { type: "line", label: one.name, data: one.values, borderColor: color, backgroundColor: color, borderWidth: 2,
          pointRadius: one.values.length > 40 ? 0 : one.low.length ? 4 : 2, tension: 0, order: 0, spanGaps: false,
          between: [one.low, one.high] }
      : { type: "bar", label: one.name, data: one.values,
          backgroundColor: one.colors.length ? one.colors.map((name) => css(`--chart-${name}`)) : color, borderRadius: 2, order: 1,
          maxBarThickness: 36, between: [one.low, one.high] };
  }

  // Intervals: a whisker from low to high at each point or bar that has one.
  const whiskers = {
    id: "whiskers",
    afterDatasetsDraw(chart) {
      const { ctx, scales } = chart;
      chart.data.datasets.forEach((set, n) => {
        const [low, high] = set.between;
        if (!low.length || !chart.isDatasetVisible(n)) return;
        ctx.save();
        ctx.strokeStyle = set.type === "line" ? set.borderColor : css("--chart-text");
        ctx.lineWidth = 1.5;
        chart.getDatasetMeta(n).data.forEach((point, at) => {
          if (low[at] === null) return;
          const [top, bottom] = [scales.y.getPixelForValue(high[at]), scales.y.getPixelForValue(low[at])];
          ctx.beginPath();
          ctx.moveTo(point.x, top); ctx.lineTo(point.x, bottom);
          ctx.moveTo(point.x - 4, top); ctx.lineTo(point.x + 4, top);
          ctx.moveTo(point.x - 4, bottom); ctx.lineTo(point.x + 4, bottom);
          ctx.stroke();
        });
        ctx.restore();
      });
    },
  };

  function told(item, data) {
    const [low, high] = item.dataset.between.map((side) => side[item.dataIndex]);
    const between = low === undefined || low === null ? ""
      : ` (${spoken(low, data.currency, data.decimals)} to ${spoken(high, data.currency, data.decimals)})`;
    return ` ${item.dataset.label}: ${spoken(item.raw, data.currency, data.decimals)}${between}`;
  }

  function axis(title, extra) {
    return {
      title: { display: Boolean(title), text: title, color: css("--chart-text") },
      ticks: { color: css("--chart-text"), maxRotation: 0, autoSkipPadding: 12, ...extra.ticks },
      grid: { color: css("--chart-grid"), display: extra.grid },
      border: { color: css("--chart-grid") },
      stacked: extra.stacked,
      suggestedMax: extra.suggestedMax,
      suggestedMin: extra.suggestedMin,
      beginAtZero: true,
    };
  }

  function highest(data) {
    const all = data.series.flatMap((one) => one.high).filter((value) => value !== null);
    return all.length ? Math.max(...all) : undefined;
  }

  function lowest(data) {
    const all = data.series.flatMap((one) => one.low).filter((value) => value !== null);
    return all.length ? Math.min(...all) : undefined;
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
        tooltip: { callbacks: { label: (item) => told(item, data) } },
      },
      scales: {
        x: axis(data.xTitle, { grid: false, stacked: data.stacked }),
        y: axis(data.yTitle, { grid: true, stacked: data.stacked, suggestedMax: highest(data), suggestedMin: lowest(data), ticks: {
          precision: data.decimals || 0, maxTicksLimit: 5,
          callback: (value) => spoken(value, data.currency, data.decimals).replace(/\.00(?= |$)/, "") } }),
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
      plugins: [whiskers],
    });
    drawn.push([chart, data]);
  }

  function download(data, name) {
    const cell = (value) => `"${String(value ?? "").replace(/"/g, '""')}"`;
    const columns = data.series.flatMap((one) => one.low.length
      ? [[one.name, one.values], [`${one.name}, low`, one.low], [`${one.name}, high`, one.high]] : [[one.name, one.values]]);
    const head = [data.xTitle, ...columns.map(([title]) => title)].map(cell).join(",");
    const lines = data.labels.map((label, n) => [label, ...columns.map(([, values]) => values[n])].map(cell).join(","));
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
