// Keys, palette and small comforts. Every page works without this file; keys press buttons that are on the page.
(() => {
  "use strict";

  const RENEW_EVERY = 3 * 60 * 1000;
  const keysOn = () => document.body.hasAttribute("data-keys");
  const visible = (element) => element.getClientRects().length > 0;
  const rows = () => [...document.querySelectorAll("[data-row]")].filter(visible);
  const current = () => document.querySelector("[data-row].current");
  const live = () => document.getElementById("live");

  // Keys a person changed: usual key of the command -> theirs. Commands are known by their usual key everywhere.
  const changed = JSON.parse(document.body.dataset.keymap || "{}");
  const commandOf = new Map(Object.entries(changed).map(([command, key]) => [key, command]));
  const keyOf = (command) => changed[command] || command;

  function commandFor(event) {
    const key = commandOf.has(event.key.toLowerCase()) ? event.key.toLowerCase() : letter(event);
    return commandOf.get(key) || (key in changed ? "" : key);
  }

  // Left and right follow the direction of the page: forward is where reading goes.
  function arrow(event) {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return 0;
    if (event.shiftKey || event.target.closest("input, select, textarea, [role=listbox], .scroll")) return 0;
    const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    return event.key === forward ? 1 : -1;
  }

  // The letter of a key press. On layouts with other letters (Arabic) the place of the key counts.
  function letter(event) {
    if (event.key === "?" || event.key === "؟") return "?";
    if (/^[a-z/]$/.test(event.key)) return event.key;
    if (/^[\x00-\x7f]$/.test(event.key)) return "";
    const place = /^Key([A-Z])$/.exec(event.code);
    if (place && !event.shiftKey) return place[1].toLowerCase();
    if (event.code === "Slash") return event.shiftKey ? "?" : "/";
    return "";
  }

  function select(row) {
    if (!row) return;
    current()?.classList.remove("current");
    row.classList.add("current");
    (row.querySelector("[data-open]") || row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function move(step) {
    const all = rows();
    const at = all.indexOf(current());
    select(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))]);
  }

  // The control a key stands for: in the chosen row, else outside of all rows, else in the first row (hidden texts).
  function control(key) {
    const name = `[data-key="${key}"]`;
    const inRow = current()?.querySelector(name);
    if (inRow) return inRow;
    const all = [...document.querySelectorAll(name)].filter(visible);
    return all.find((element) => !element.closest("[data-row]")) || (key === "p" ? all[0] : undefined);
  }

  function press(key) {
    if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
    if (key === "o") return (current() || rows()[0])?.querySelector("[data-open]")?.click();
    if (key === "/") return document.getElementById("find")?.focus();
    if (key === "?") return document.getElementById("keys")?.showModal();
    const found = control(key);
    if (key === "z") return found ? found.click() : document.getElementById("undo")?.requestSubmit();
    if (!found) return undefined;
    const isOpen = found.matches("summary") && found.parentElement.open;
    if (!(isOpen && key === "a")) found.click();
    if (found.type === "radio") afterRadio(found);
    if (key === "a") document.getElementById("action")?.focus();
    return undefined;
  }

  // One key decides, and goes on to the next story; "check it" waits for a verdict, "escalate" for its reason.
  function afterRadio(radio) {
    const note = document.getElementById("note");
    if (radio.value === "check") document.getElementById("verdict")?.focus();
    else if (radio.value === "escalate" && note && !note.value.trim()) note.focus();
    else document.getElementById("save-next")?.click();
  }

  const typing = (target) => target.closest("input:not([type=checkbox], [type=radio], [type=hidden]), textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      return openPalette();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
      event.preventDefault();
      return event.target.form.requestSubmit(event.target.form.querySelector("button.primary"));
    }
    const menu = document.querySelector(".menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      return menu.querySelector("summary").focus();
    }
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (!keysOn() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined;
    if (typing(event.target) || document.querySelector("dialog[open]")) return undefined;
    const step = arrow(event);
    if (step && rows().length) {
      event.preventDefault();
      return move(step);
    }
    const key = commandFor(event);
    if (!key || (event.repeat && key !== "j" && key !== "k")) return undefined;
    event.preventDefault();
    return press(key);
  });

  // The menu of further pages closes when something else is meant.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row && row !== current()) {
      current()?.classList.remove("current");
      row.classList.add("current");
    }
  });

  // Palette: every control that has a key, and every page.
  function commands() {
    const found = new Map();
    for (const element of [...document.querySelectorAll("[data-key]"), ...document.querySelectorAll(".bar a, .tabs a")]) {
      if ((!visible(element) && !element.closest(".menu")) || (element.closest("[data-row]") && element.closest("[data-row]") !== current())) continue;
      const copy = (element.closest("label") || element).cloneNode(true);
      copy.querySelectorAll("kbd").forEach((kbd) => kbd.remove());
      const name = copy.textContent.trim();
      if (name && !found.has(name)) found.set(name, element);
    }
    return [...found].map(([name, element]) => ({ name, element, key: element.dataset.key ? keyOf(element.dataset.key) : "" }));
  }

  let offered = [];
  function openPalette() {
    const dialog = document.getElementById("palette");
    if (!dialog || dialog.open) return;
    offered = commands();
    dialog.showModal();
    const input = document.getElementById("command");
    input.value = "";
    show("");
    input.focus();
  }

  function show(words) {
    const list = document.getElementById("commands");
    const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    const fitting = offered.filter((one) => fold(one.name).includes(fold(words)));
    list.replaceChildren(...fitting.slice(0, 12).map((one, index) => {
      const item = document.createElement("li");
      item.id = `command-${index}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(index === 0));
      item.textContent = one.name;
      if (one.key) item.append(Object.assign(document.createElement("kbd"), { textContent: one.key }));
      item.addEventListener("click", () => run(one));
      item.command = one;
      return item;
    }));
    mark(0);
  }

  function mark(index) {
    const items = [...document.querySelectorAll("#commands li")];
    items.forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    document.getElementById("command").setAttribute("aria-activedescendant", items[index]?.id || "");
    items[index]?.scrollIntoView({ block: "nearest" });
  }

  function run(one) {
    document.getElementById("palette").close();
    one.element.click();
    if (one.element.type === "radio") afterRadio(one.element);
  }

  document.getElementById("command")?.addEventListener("input", (event) => show(event.target.value));
  document.getElementById("command")?.addEventListener("keydown", (event) => {
    const items = [...document.querySelectorAll("#commands li")];
    const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") mark(Math.min(items.length - 1, at + 1));
    else if (event.key === "ArrowUp") mark(Math.max(0, at - 1));
    else if (event.key === "Enter" && items[at]) run(items[at].command);
    else return;
    event.preventDefault();
  });

  // After a part was swapped: say what happened, and go on from there.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "main") {
      const said = document.querySelector("#main > .notice span, #problem");
      if (said) live().textContent = said.textContent;
      const problem = document.getElementById("problem");
      if (problem) problem.focus();
      else if (typing(document.activeElement)) document.getElementById("main").focus({ preventScroll: true });
    }
    const row = document.querySelector("[data-done]:not([data-passed])");
    if (row) {
      row.dataset.passed = "";
      const following = rows().slice(rows().indexOf(row)).find((one) => !("done" in one.dataset));
      select(following || row);
    } else if (event.target.matches?.("[data-row]:not([data-done])")) {
      select(document.getElementById(event.target.id));
    }
  });

  document.addEventListener("htmx:sendError", () => document.getElementById("offline")?.removeAttribute("hidden"));
  document.addEventListener("htmx:afterRequest", (event) => {
    const failed = event.detail.failed && ![409, 422].includes(event.detail.xhr.status);
    document.getElementById("offline")?.toggleAttribute("hidden", !failed);
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-auto]");
    if (form) form.requestSubmit();
    const chosen = document.querySelector(".chosen");
    if (chosen) chosen.textContent = document.querySelectorAll(".pick input:checked").length;
  });

  // A hidden text that was opened is counted, for the reader alone.
  document.addEventListener("toggle", (event) => {
    const post = event.target.dataset?.post;
    const token = document.querySelector('[name="form_token"]')?.value;
    if (!post || !event.target.open || !token || "counted" in event.target.dataset) return;
    event.target.dataset.counted = "";
    fetch("/exposure", { method: "POST", body: new URLSearchParams({ form_token: token, post }) });
  }, true);

  // Typing keeps one's hold on the story.
  let renewed = Date.now();
  document.addEventListener("input", (event) => {
    const renew = document.getElementById("renew");
    if (!renew || !event.target.closest("#story") || Date.now() - renewed < RENEW_EVERY) return;
    renewed = Date.now();
    fetch(renew.form.action, { method: "POST", body: new URLSearchParams(new FormData(renew.form)) });
  });
})();
