// Trying other rules: what differs from the official rules is marked while it is typed, and the departments move from
// their official place to the tried one. A trial is sent by its button alone, for each is written down. Without this
// file the page does the same, only without moving.
"use strict";

(() => {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const HOLD_MS = 700;
  const MOVE_MS = 1400;

  // What was changed

  const plain = (text) => text.trim().replace(/[，,\s]/g, "").replace("。", ".");

  const differs = (field) => {
    const input = field.querySelector("input:not([type=hidden]), select");
    const official = field.dataset.official;
    if (!input) return false;
    if (input.type === "checkbox") return input.checked !== (official === "True");
    const [typed, wanted] = [plain(input.value), plain(official)];
    if (typed === "" || wanted === "" || input.tagName === "SELECT") return typed !== wanted;
    return Number.isNaN(Number(typed)) ? typed !== wanted : Number(typed) !== Number(wanted);
  };

  const mark = () => {
    for (const section of document.querySelectorAll(".whatif-section")) {
      let count = 0;
      for (const field of section.querySelectorAll("[data-official]")) {
        const changed = differs(field);
        field.classList.toggle("is-changed", changed);
        count += changed;
      }
      section.querySelector("[data-changes]").hidden = count === 0;
      section.querySelector("[data-changes-number]").textContent = String(count);
    }
  };

  document.addEventListener("input", mark);
  document.addEventListener("change", mark);

  // Moving

  const move = (body) => {
    const rows = [...body.rows];
    const place = (row) => Number(row.dataset.from) || Number.MAX_SAFE_INTEGER;
    const before = rows.map((row, at) => at).sort((one, two) => place(rows[one]) - place(rows[two]) || one - two);
    const tops = rows.map((row) => row.getBoundingClientRect().top);
    before.forEach((at, slot) => {
      const way = tops[slot] - tops[at];
      if (way === 0) return;
      rows[at].animate([{ transform: `translateY(${way}px)` }, { transform: "none" }], {
        delay: HOLD_MS,
        duration: MOVE_MS,
        easing: "ease-in-out",
        fill: "backwards",
      });
    });
  };

  const play = (trial) => {
    if (still.matches || !("IntersectionObserver" in window)) return;
    // A group moves when it comes before the eyes.
    const watcher = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          watcher.unobserve(entry.target);
          move(entry.target.tBodies[0]);
        }
      },
      { threshold: 0.15 },
    );
    trial.querySelectorAll("table[data-moves]").forEach((table) => watcher.observe(table));
  };

  const show = () => {
    const trial = document.getElementById("trial");
    if (!trial || !trial.classList.contains("is-trial") || trial.dataset.shown) return;
    trial.dataset.shown = "1";
    const heading = trial.querySelector(".trial-heading");
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ block: "start", behavior: still.matches ? "auto" : "smooth" });
    play(trial);
  };

  // Sending

  const failed = (shown) => {
    const line = document.querySelector("[data-failed]");
    if (line) line.hidden = !shown;
  };

  document.body.addEventListener("htmx:beforeRequest", () => failed(false));
  document.body.addEventListener("htmx:sendError", () => failed(true));
  document.body.addEventListener("htmx:responseError", (event) => {
    // The rights are gone: the page itself says so.
    if (event.detail.xhr.status === 403) window.location.assign(window.location.pathname);
    else failed(true);
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const answered = event.detail.xhr.responseURL;
    if (answered && new URL(answered).pathname !== window.location.pathname) {
      event.detail.shouldSwap = false; // logged out meanwhile
      window.location.reload();
    }
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    prepare();
    show();
    const summary = document.querySelector("#whatif-form [data-autofocus]");
    if (summary && !summary.dataset.shown) {
      summary.dataset.shown = "1";
      summary.focus();
    }
  });

  const prepare = () => {
    document.querySelectorAll("[data-add-up]").forEach((button) => { button.hidden = true; }); // sums follow by themselves
    mark();
  };

  prepare();
  show();
})();
