// Sums that follow what is typed: <… data-total-inputs="CSS selector" data-total-target="100" data-total-places="2">.
// Adds in whole units of 10^-6, so that 0.1 + 0.2 is 0.3. Without this script the page shows the sum as last saved.
"use strict";

(() => {
  const UNIT = 1000000;

  const read = (input) => {
    const text = input.value.trim().replace(/[，,\s]/g, "").replace("。", ".");
    if (text === "" || input.disabled) return 0;
    const number = Number(text);
    return Number.isFinite(number) ? Math.round(number * UNIT) : NaN;
  };

  const update = (line) => {
    const scope = line.closest("form") || document;
    const inputs = [...scope.querySelectorAll(line.dataset.totalInputs)].filter((input) => {
      const removed = input.closest("[data-formset-row]")?.querySelector("input[name$='-DELETE']");
      return !(removed && removed.checked);
    });
    const sum = inputs.reduce((total, input) => total + read(input), 0);
    const output = line.querySelector("[data-total-value]");
    const text = Number.isNaN(sum) ? "—" : (sum / UNIT).toFixed(Number(line.dataset.totalPlaces || 2)).replace("-", "\u2212");
    if (output.textContent !== text) output.textContent = text;
    if (line.dataset.totalTarget !== undefined) {
      const right = sum === Math.round(Number(line.dataset.totalTarget) * UNIT);
      line.classList.toggle("total-ok", right);
      line.classList.toggle("total-off", !right);
    }
  };

  const updateAll = () => document.querySelectorAll("[data-total-inputs]").forEach(update);
  document.addEventListener("input", updateAll);
  document.addEventListener("change", updateAll);
  document.body.addEventListener("htmx:afterSettle", updateAll);
  updateAll();
})();
