// The quota page: figures follow what is typed (htmx asks the server, where the one arithmetic is); buttons that only
// people without JavaScript need are hidden.
"use strict";

(() => {
  document.querySelectorAll("[data-without-script], #section-form [name='add_up']").forEach((button) => {
    button.hidden = true;
  });
})();
