/* The ballot works without this file. With it, answers are saved as they are given, and the receipt can be printed.
   Nothing is kept in the browser: what is saved is on the server, under the evaluator's code. */
(() => {
  "use strict";

  const form = document.getElementById("ballot-form");
  if (form) watch(form);

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  function watch(ballot) {
    const state = document.querySelector("[data-save-state]");
    const answered = document.querySelector("[data-answered]");
    const progress = document.querySelector("[data-progress]");
    let running = null; // the save under way; there is never more than one
    let waiting = false; // something changed since it began
    let timer = 0;
    let leaving = false;

    const say = (text) => { if (state) state.textContent = text; };

    async function save() {
      window.clearTimeout(timer);
      if (running) { waiting = true; return; }
      waiting = false;
      say(ballot.dataset.saving);
      running = send();
      const again = await running;
      running = null;
      if (leaving) return;
      if (waiting) save();
      else if (again) timer = window.setTimeout(save, 5000);
    }

    /* True if it should be tried again. */
    async function send() {
      try {
        const answer = await fetch(ballot.dataset.save, {
          method: "POST",
          body: new FormData(ballot),
          credentials: "same-origin",
          headers: { Accept: "application/json" },
        });
        const data = await answer.json();
        if (!answer.ok) { say(data.error || ballot.dataset.failed); return false; }
        if (answered) answered.textContent = data.answered;
        if (progress) progress.value = data.answered;
        say(ballot.dataset.saved);
        return false;
      } catch {
        say(ballot.dataset.failed);
        return true;
      }
    }

    ballot.addEventListener("change", save);
    ballot.addEventListener("input", (event) => {
      if (event.target.tagName !== "TEXTAREA") return;
      window.clearTimeout(timer);
      timer = window.setTimeout(save, 1500);
    });
    window.addEventListener("online", () => { if (timer) save(); });

    /* A save on its way must not overtake the page that is posted now. */
    ballot.addEventListener("submit", (event) => {
      if (leaving) return;
      leaving = true;
      window.clearTimeout(timer);
      if (!running) return;
      event.preventDefault();
      const go = () => ballot.requestSubmit(event.submitter);
      const patience = new Promise((resolve) => { window.setTimeout(resolve, 4000); });
      Promise.race([running, patience]).then(go, go);
    });
    /* Back from the browser's own memory: the page lives on. */
    window.addEventListener("pageshow", () => { leaving = false; });
  }
})();
