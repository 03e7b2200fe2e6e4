// Small comforts for the staff side. Every page works without them.
"use strict";

(() => {
  const each = (root, selector, act) => {
    if (root.matches && root.matches(selector)) act(root);
    root.querySelectorAll(selector).forEach(act);
  };

  // The navigation on small screens: a drawer instead of a jump to the anchor.
  const drawer = document.getElementById("menu");
  const opener = document.querySelector("[data-drawer]");
  if (drawer && opener) {
    opener.setAttribute("role", "button");
    opener.setAttribute("aria-controls", "menu");
    opener.setAttribute("aria-expanded", "false");
    const show = (open) => {
      drawer.classList.toggle("is-open", open);
      opener.setAttribute("aria-expanded", String(open));
      if (open) drawer.querySelector("[data-drawer-close]").focus();
      else if (drawer.contains(document.activeElement)) opener.focus();
    };
    opener.addEventListener("click", (event) => {
      event.preventDefault();
      show(!drawer.classList.contains("is-open"));
    });
    opener.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        event.preventDefault();
        opener.click();
      }
    });
    drawer.querySelector("[data-drawer-close]").addEventListener("click", (event) => {
      event.preventDefault();
      show(false);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && drawer.classList.contains("is-open")) show(false);
    });
    document.addEventListener("click", (event) => {
      if (drawer.classList.contains("is-open") && !drawer.contains(event.target) && !opener.contains(event.target)) show(false);
    });
  }

  // Menus made of <details>: close on Escape and on a click elsewhere.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // A table that fits needs no scroll region; its header then stays at the top of the window.
  const fit = (wrap) => {
    wrap.classList.remove("fits");
    const fits = wrap.scrollWidth <= wrap.clientWidth + 1;
    wrap.classList.toggle("fits", fits);
    if (fits) {
      wrap.removeAttribute("tabindex");
      wrap.removeAttribute("role");
    } else {
      wrap.tabIndex = 0;
      wrap.setAttribute("role", "region");
    }
  };
  const fitAll = () => each(document, "[data-table-wrap]", fit);
  let waiting = 0;
  window.addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(fitAll);
  });

  // A form is sent once: a second press while it is under way does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("data-repeatable") || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 8000);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // Filters act at once when a choice changes.
  document.addEventListener("change", (event) => {
    if (event.target.matches(".filter-bar select, .filter-bar input[type=checkbox]")) event.target.form.requestSubmit();
  });

  // Progress is told to screen readers when its words change or each further tenth, not each second.
  const announcer = document.createElement("div");
  announcer.className = "visually-hidden";
  announcer.setAttribute("aria-live", "polite");
  document.body.append(announcer);
  const told = new Map();
  const announce = (box) => {
    const bar = box.querySelector("progress");
    const text = box.querySelector("[data-announce-text]");
    const tenth = bar && bar.hasAttribute("value") ? Math.floor(bar.value / 10) * 10 : null;
    const words = [text ? text.textContent.trim() : "", tenth === null ? "" : `${tenth}%`].filter(Boolean).join(" ");
    if (words && told.get(box.id) !== words) {
      told.set(box.id, words);
      announcer.textContent = words;
    }
  };

  document.body.addEventListener("htmx:afterSettle", (event) => {
    each(event.target, "[data-announce]", announce);
    each(event.target, "[data-table-wrap]", fit);
  });

  each(document, "[data-announce]", announce);
  fitAll();
  const summary = document.querySelector("[data-autofocus]");
  if (summary) summary.focus();
})();
