// Charts from JSON in the page: <figure data-chart="id"> … <script type="application/json" id="id">.
// Presets: trend, bars, slope, stacked, heatmap (docs/design.md, "Charts"). Figures come rounded as in the table
// beneath; tooltips are drawn on the canvas, because HTML ones would need inline styles.
"use strict";

(() => {
  const INK = "#1a2433";
  const QUIET = "#5a6679";
  const LINE = "#dce2eb";
  const NAVY = "#1f4480";
  const PALE = "#7f9cc6";
  // Okabe and Ito's idea, darkened to 3:1 on white: tells apart under every common colour blindness.
  const SERIES = [NAVY, "#c2570c", "#0e7a6b", "#8a4b9e", "#8a6a00", "#5a6679"];
  const LIKERT = ["#1f4480", "#6f9bcf", "#f0c987", "#c2570c", "#b9c0cb", "#8a4b9e"];
  const HEAT = ["#fff5e6", "#fde8c9", "#f9dcb0", "#f0e3c8", "#e6ebec", "#d3e3ee", "#b8d3e8", "#94bfe0", "#70a9d6"];
  const SYMBOLS = ["circle", "rect", "triangle", "diamond", "roundRect", "pin"];
  const DASHES = ["solid", "dashed", "dotted", [10, 4, 2, 4], "solid", "dashed"];
  const DECALS = [
    { symbol: "none" },
    { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4, color: "rgba(0,0,0,.22)" },
    { symbol: "circle", dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], symbolSize: 0.5, color: "rgba(0,0,0,.25)" },
    { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: Math.PI / 4, color: "rgba(255,255,255,.4)" },
    { symbol: "none" },
    { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [1, 6], color: "rgba(255,255,255,.5)" },
  ];

  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

  const tools = (spec) => {
    const places = spec.decimals || 0;
    const figure = (value) => {
      if (!isNumber(value)) return spec.words.none;
      const text = value.toFixed(places).replace("-", "\u2212");
      return spec.unit === "%" ? `${text}%` : text;
    };
    const range = (series, index) =>
      series.low && isNumber(series.low[index]) ? `（${spec.words.range} ${figure(series.low[index])}–${figure(series.high[index])}）` : "";
    return { places, figure, range };
  };

  const axisLook = () => ({
    axisLine: { lineStyle: { color: "#7c889c" } },
    axisTick: { show: false },
    axisLabel: { color: INK, fontSize: 13 },
    splitLine: { lineStyle: { color: LINE } },
  });

  // Rows that the legend needs: a mark, the name at full-width letters, a gap.
  const legendRows = (spec, width) => {
    if (spec.series.length < 2 || spec.preset === "slope" || spec.preset === "heatmap") return 0;
    let [rows, used] = [1, 0];
    for (const one of spec.series) {
      const wide = 48 + [...one.name].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 255 ? 13 : 7.5), 0);
      if (used && used + wide > width) [rows, used] = [rows + 1, 0];
      used += wide;
    }
    return rows;
  };

  const base = (spec, width) => ({
    backgroundColor: "#fff",
    animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 400,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: INK, fontSize: 13 },
    color: SERIES,
    aria: { enabled: true, label: { enabled: false }, decal: { show: false } },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: "#fff",
      borderColor: "#7c889c",
      textStyle: { color: INK, fontSize: 13, lineHeight: 20 },
    },
    legend: { top: 0, left: 0, itemGap: 14, itemWidth: 22, textStyle: { color: INK, fontSize: 13 } },
    grid: { left: 8, right: 24, top: 20 + 26 * legendRows(spec, width), bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
  });

  const trend = (spec, width) => {
    const { figure, range } = tools(spec);
    const series = [];
    spec.series.forEach((one, at) => {
      const color = SERIES[at % SERIES.length];
      if (one.low) {
        // A band is two stacked lines: the lower end unseen, then the width.
        series.push({ name: `low-${at}`, type: "line", stack: `band-${at}`, data: one.low, symbol: "none", lineStyle: { opacity: 0 }, silent: true, tooltip: { show: false } });
        series.push({
          name: `band-${at}`,
          type: "line",
          stack: `band-${at}`,
          data: one.high.map((high, index) => (isNumber(high) ? high - one.low[index] : null)),
          symbol: "none",
          lineStyle: { opacity: 0 },
          areaStyle: { color, opacity: 0.14 },
          silent: true,
        });
      }
      series.push({
        name: one.name,
        type: "line",
        data: one.values,
        color,
        symbol: SYMBOLS[at % SYMBOLS.length],
        symbolSize: 9,
        showSymbol: true,
        lineStyle: { width: 2.5, type: DASHES[at % DASHES.length] },
        label: { show: spec.series.length === 1 && width >= 480, formatter: (point) => figure(point.value), color: INK, fontSize: 12, distance: 8 },
        connectNulls: false,
        z: 3,
      });
    });
    const named = new Map(spec.series.map((one) => [one.name, one]));
    return {
      legend: { show: spec.series.length > 1, data: spec.series.map((one) => one.name) },
      tooltip: {
        trigger: "axis",
        formatter: (points) => {
          const lines = points.filter((point) => named.has(point.seriesName));
          const index = points[0].dataIndex;
          return [spec.categories[index], ...lines.map((point) => `${point.seriesName}  ${figure(point.value)}${range(named.get(point.seriesName), index)}`)].join("\n");
        },
      },
      xAxis: { type: "category", data: spec.categories, boundaryGap: true, ...axisLook() },
      yAxis: { type: "value", scale: true, min: spec.min, max: spec.max, ...axisLook(), axisLine: { show: false }, axisLabel: { color: QUIET, fontSize: 12 } },
      series,
    };
  };

  const nameAxis = (spec, width) => ({
    type: "category",
    data: spec.categories,
    inverse: true,
    ...axisLook(),
    splitLine: { show: false },
    axisLabel: { color: INK, fontSize: 13, interval: 0, width: Math.min(180, Math.round(width * 0.34)), overflow: "truncate" },
  });

  const bars = (spec, width) => {
    const { figure, range } = tools(spec);
    const single = spec.series.length === 1;
    // A bar must start at zero, else its length lies; on an axis that does not, figures are points.
    const asPoints = single && spec.min !== undefined && spec.min !== 0;
    const marked = new Set([].concat(spec.highlight ?? []));
    const series = spec.series.map((one, at) => ({
      name: one.name,
      type: asPoints ? "scatter" : "bar",
      symbol: "circle",
      symbolSize: 11,
      z: 4,
      barMaxWidth: single ? 16 : 11,
      barGap: "20%",
      data: one.values.map((value, index) => ({
        value,
        itemStyle: single
          ? { color: marked.size && !marked.has(index) ? (asPoints ? QUIET : PALE) : NAVY, opacity: 1, borderRadius: [0, 3, 3, 0] }
          : { color: SERIES[at], borderRadius: [0, 3, 3, 0], decal: DECALS[at] },
      })),
      label: { show: !one.low, position: "right", formatter: (point) => figure(point.value), color: INK, fontSize: 12 },
      markLine: spec.reference && at === 0
        ? {
            symbol: "none",
            silent: true,
            lineStyle: { color: "#a3161d", type: "dashed", width: 1.5 },
            label: { formatter: `${spec.reference.name} ${figure(spec.reference.value)}`, color: "#a3161d", fontSize: 12, position: "start" },
            data: [{ xAxis: spec.reference.value }],
          }
        : undefined,
    }));
    const first = spec.series[0];
    if (single && first.low) {
      const known = spec.categories.map((_name, index) => index).filter((index) => isNumber(first.low[index]) && isNumber(first.high[index]));
      series.push({
        name: first.name,
        type: "scatter",
        symbolSize: 1,
        itemStyle: { color: "transparent", opacity: 1 },
        z: 6,
        silent: true,
        data: spec.categories.map((_name, index) => [isNumber(first.high[index]) ? first.high[index] : first.values[index], index]),
        label: { show: true, position: "right", formatter: (point) => figure(first.values[point.dataIndex]), color: INK, fontSize: 12, distance: 6, backgroundColor: "#fff", padding: [0, 3] },
        markLine: {
          silent: true,
          animation: false,
          symbol: ["rect", "rect"],
          symbolSize: [9, 1.5],
          lineStyle: { color: INK, width: 1.5, type: "solid" },
          label: { show: false },
          data: known.map((index) => [{ coord: [first.low[index], index] }, { coord: [first.high[index], index] }]),
        },
      });
    }
    return {
      grid: { right: 64, bottom: spec.reference ? 28 : 8 },
      legend: { show: !single, data: spec.series.map((one) => one.name) },
      tooltip: {
        trigger: "axis",
        axisPointer: { type: "shadow" },
        formatter: (points) => {
          const index = points[0].dataIndex;
          return [spec.categories[index], ...spec.series.map((one) => `${one.name}  ${figure(one.values[index])}${range(one, index)}`)].join("\n");
        },
      },
      xAxis: { type: "value", scale: spec.min !== undefined, min: spec.min, max: spec.max, ...axisLook(), axisLine: { show: false }, axisLabel: { color: QUIET, fontSize: 12 } },
      yAxis: nameAxis(spec, width),
      series,
    };
  };

  const slope = (spec, width) => {
    const { figure } = tools(spec);
    const [before, after] = spec.series;
    const marked = new Set([].concat(spec.highlight ?? []));
    const inverse = spec.inverse !== false;
    const room = Math.min(190, Math.round(width * 0.33));
    const series = spec.categories.map((name, index) => {
      const [from, to] = [before.values[index], after.values[index]];
      const gained = isNumber(from) && isNumber(to) ? (inverse ? from - to : to - from) : 0;
      const color = gained > 0 ? "#0e7a6b" : gained < 0 ? "#c2570c" : "#7c889c";
      const strong = !marked.size || marked.has(index);
      const text = (value) => (isNumber(value) ? figure(value) : "");
      return {
        name,
        type: "line",
        symbol: "circle",
        symbolSize: strong ? 8 : 6,
        color,
        lineStyle: { width: strong ? 2.5 : 1.25, type: gained < 0 ? "dashed" : "solid", opacity: strong ? 1 : 0.55 },
        data: [
          { value: from, label: { show: isNumber(from), position: "left", formatter: `${text(from)}  ${name}` } },
          { value: to, label: { show: isNumber(to), position: "right", formatter: `${text(to)}  ${name}` } },
        ],
        label: { color: INK, fontSize: 12, fontWeight: marked.has(index) ? "bold" : "normal", width: room - 14, overflow: "truncate" },
        emphasis: { lineStyle: { width: 4 } },
      };
    });
    return {
      legend: { show: false },
      grid: { left: room, right: room, top: 36, bottom: 10, outerBoundsMode: "none" },
      tooltip: { trigger: "item", formatter: (point) => `${point.seriesName}\n${before.name}  ${figure(before.values[point.seriesIndex])}\n${after.name}  ${figure(after.values[point.seriesIndex])}` },
      xAxis: { type: "category", data: [before.name, after.name], position: "top", boundaryGap: false, ...axisLook(), axisLabel: { color: INK, fontSize: 13, fontWeight: "bold" }, splitLine: { show: true, lineStyle: { color: "#b4bdcb" } } },
      yAxis: { type: "value", inverse, show: false, min: "dataMin", max: "dataMax" },
      series,
    };
  };

  const stacked = (spec, width) => {
    const { figure } = tools(spec);
    const light = new Set([1, 2, 4]);
    return {
      grid: { right: 20 },
      legend: { show: true, data: spec.series.map((one) => one.name) },
      tooltip: {
        trigger: "axis",
        axisPointer: { type: "shadow" },
        formatter: (points) => [spec.categories[points[0].dataIndex], ...points.map((point) => `${point.seriesName}  ${figure(point.value)}`)].join("\n"),
      },
      xAxis: { type: "value", max: spec.max ?? (spec.unit === "%" ? 100 : undefined), ...axisLook(), axisLine: { show: false }, axisLabel: { color: QUIET, fontSize: 12 } },
      yAxis: nameAxis(spec, width),
      series: spec.series.map((one, at) => ({
        name: one.name,
        type: "bar",
        stack: "all",
        barMaxWidth: 20,
        data: one.values,
        itemStyle: { color: LIKERT[at % LIKERT.length], decal: DECALS[at % DECALS.length], borderColor: "#fff", borderWidth: 1 },
        label: {
          show: true,
          fontSize: 12,
          color: light.has(at % LIKERT.length) ? INK : "#fff",
          backgroundColor: LIKERT[at % LIKERT.length],
          padding: [1, 3],
          formatter: (point) => (isNumber(point.value) && point.value >= (width < 560 ? 18 : 9) ? point.value.toFixed(Math.min(1, spec.decimals || 0)) : ""),
        },
      })),
    };
  };

  const heatmap = (spec, width, height) => {
    const { figure } = tools(spec);
    const columns = spec.series.length;
    const rows = spec.categories.length;
    const left = Math.min(170, Math.round(width * 0.3));
    const across = (width - left - 12) / columns;
    const top = across < 56 ? 72 : 36;
    const cell = [across, (height - top - 8) / rows];
    const all = spec.series.flatMap((one) => one.values).filter(isNumber);
    const low = spec.min ?? Math.min(...all);
    const high = spec.max ?? Math.max(...all);
    const shade = (value) => HEAT[Math.min(8, Math.max(0, Math.floor(((value - low) / (high - low || 1)) * 9)))];
    const data = spec.series.flatMap((one, column) =>
      one.values.map((value, row) => ({
        value: [column, row, value],
        itemStyle: isNumber(value) ? { color: shade(value), opacity: 1 } : { color: "#fff", opacity: 1, borderColor: LINE, borderWidth: 1 },
      })),
    );
    return {
      legend: { show: false },
      grid: { left, right: 12, top, bottom: 8, outerBoundsMode: "none" },
      tooltip: { trigger: "item", formatter: (point) => `${spec.categories[point.value[1]]} · ${spec.series[point.value[0]].name}\n${figure(point.value[2])}` },
      xAxis: { type: "category", position: "top", data: spec.series.map((one) => one.name), ...axisLook(), splitLine: { show: false }, axisLabel: { color: INK, fontSize: 12, interval: 0, rotate: cell[0] < 56 ? 40 : 0, width: Math.max(cell[0] - 4, 52), overflow: cell[0] < 56 ? "truncate" : "break" } },
      yAxis: { ...nameAxis(spec, width), axisLabel: { color: INK, fontSize: 12, interval: 0, width: left - 14, overflow: "truncate" } },
      series: [
        {
          type: "scatter",
          symbol: "rect",
          itemStyle: { opacity: 1 },
          symbolSize: [Math.max(4, cell[0] - 2), Math.max(4, cell[1] - 2)],
          data,
          label: { show: cell[0] >= 40, color: INK, fontSize: 12, formatter: (point) => (isNumber(point.value[2]) ? point.value[2].toFixed(spec.decimals || 0) : "—") },
        },
      ],
    };
  };

  const PRESETS = { trend, bars, slope, stacked, heatmap };
  const ROW = { bars: 30, slope: 24, stacked: 32, heatmap: 28 };

  const merge = (ground, own) => {
    const merged = { ...ground };
    for (const [key, value] of Object.entries(own)) {
      const plain = value && typeof value === "object" && !Array.isArray(value);
      merged[key] = plain && ground[key] && !Array.isArray(ground[key]) ? { ...ground[key], ...value } : value;
    }
    return merged;
  };

  const save = (name, href) => {
    const link = document.createElement("a");
    link.href = href;
    link.download = name;
    link.click();
    if (href.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(href), 1000);
  };

  // A spreadsheet must not take a name for a formula.
  const csvText = (text) => {
    const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
    return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  const asCsv = (spec) => {
    const number = (value) => (isNumber(value) ? value.toFixed(spec.decimals || 0) : "");
    const unit = spec.unit ? `（${spec.unit}）` : "";
    const ends = (one) => (one.low ? [`${one.name}：${spec.words.range}${spec.words.low}`, `${one.name}：${spec.words.range}${spec.words.high}`] : []);
    const head = [spec.category_label, ...spec.series.flatMap((one) => [`${one.name}${unit}`, ...ends(one)])].map(csvText);
    const rows = spec.categories.map((name, row) => [
      csvText(name),
      ...spec.series.flatMap((one) => [number(one.values[row]), ...(one.low ? [number(one.low[row]), number(one.high[row])] : [])]),
    ]);
    return "\ufeff" + [head, ...rows].map((cells) => cells.join(",")).join("\r\n") + "\r\n";
  };

  const heightOf = (spec, box) => {
    if (!ROW[spec.preset]) return box.clientHeight || 320;
    const rows = spec.preset === "slope" ? Math.max(...spec.series.flatMap((one) => one.values).filter(isNumber), spec.categories.length) : spec.categories.length;
    const perRow = spec.preset === "bars" && spec.series.length > 1 ? 40 : ROW[spec.preset];
    return (spec.preset === "heatmap" ? (box.clientWidth * 0.7) / spec.series.length < 56 ? 80 : 44 : 50 + 26 * legendRows(spec, box.clientWidth)) + perRow * rows;
  };

  const draw = (figure) => {
    const source = document.getElementById(figure.dataset.chart);
    const box = figure.querySelector(".chart-canvas");
    if (!source || !box || figure.dataset.drawn) return;
    figure.dataset.drawn = "1";
    const spec = JSON.parse(source.textContent);
    figure.classList.add("is-drawn");
    figure.querySelector("[data-chart-table]").open = false;
    let height = 0;
    const measure = () => {
      height = heightOf(spec, box);
      box.style.height = `${height}px`;
    };
    measure();
    const chart = echarts.init(box, null, { renderer: "canvas" });
    const option = (width) => merge(base(spec, width), PRESETS[spec.preset](spec, width, height));
    const paint = () => {
      measure();
      chart.resize();
      chart.setOption(option(box.clientWidth), true);
    };
    paint();
    let width = box.clientWidth;
    new ResizeObserver(() => {
      if (box.clientWidth === width || !box.clientWidth) return;
      width = box.clientWidth;
      paint();
    }).observe(box);

    const title = spec.title || figure.dataset.chart;
    figure.querySelectorAll("[data-chart-save]").forEach((button) => {
      button.addEventListener("click", () => {
        const kind = button.dataset.chartSave;
        if (kind === "png") {
          save(`${title}.png`, chart.getDataURL({ pixelRatio: 2, backgroundColor: "#fff" }));
        } else if (kind === "svg") {
          const paper = echarts.init(null, null, { renderer: "svg", ssr: true, width: box.clientWidth, height });
          paper.setOption({ ...option(box.clientWidth), animation: false });
          save(`${title}.svg`, URL.createObjectURL(new Blob([paper.renderToSVGString()], { type: "image/svg+xml" })));
          paper.dispose();
        } else {
          save(`${title}.csv`, URL.createObjectURL(new Blob([asCsv(spec)], { type: "text/csv;charset=utf-8" })));
        }
      });
    });
  };

  const drawAll = (root) => root.querySelectorAll("[data-chart]").forEach(draw);
  drawAll(document);
  document.body.addEventListener("htmx:afterSettle", (event) => drawAll(event.target.parentElement || document));
})();
