"use strict";
// Without this script, everything is on the page as well: it only sorts and filters.
document.querySelectorAll("table.sortable").forEach(function (table) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);

  function value(row, column, isNumber) {
    const cell = row.cells[column];
    const text = cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent.trim();
    return isNumber ? parseFloat(text) : text;
  }

  function sortBy(column) {
    const head = heads[column];
    const isNumber = head.dataset.sort === "n";
    const isUp = head.getAttribute("aria-sort") !== "ascending";
    heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
    const text = new Intl.Collator("en", { numeric: true });
    rows.sort(function (one, other) {
      const a = value(one, column, isNumber), b = value(other, column, isNumber);
      if (isNumber && (isNaN(a) || isNaN(b))) { return isNaN(a) - isNaN(b); }
      const order = isNumber ? a - b : text.compare(a, b);
      return isUp ? order : -order;
    });
    body.append(...rows);
  }

  heads.forEach(function (head, column) {
    if (head.dataset.sort === undefined) { return; }
    // No button element: on paper, Chromium leaves those out of heads on later pages.
    const button = document.createElement("span");
    button.setAttribute("role", "button");
    button.tabIndex = 0;
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", function () { sortBy(column); });
    button.addEventListener("keydown", function (event) {
      if (event.key !== "Enter" && event.key !== " ") { return; }
      event.preventDefault();
      sortBy(column);
    });
  });

  function labelled(text, control) {
    const label = document.createElement("label");
    label.append(text + " ", control);
    return label;
  }

  function choice(values) {
    const select = document.createElement("select");
    ["all"].concat(values).forEach(function (name) { select.add(new Option(name, name)); });
    return select;
  }

  const layers = Array.from(new Set(rows.map(function (row) { return row.dataset.layer; })));
  const search = document.createElement("input");
  search.type = "search";
  const verdict = choice(["rotten", "undecided", "useful"]);
  const layer = choice(layers);
  const removed = document.createElement("input");
  removed.type = "checkbox";
  const shown = document.createElement("output");
  shown.setAttribute("aria-live", "polite");

  function filter() {
    const words = search.value.toLowerCase();
    let n = 0;
    rows.forEach(function (row) {
      const fits = (!words || row.textContent.toLowerCase().includes(words)) &&
        (verdict.value === "all" || row.classList.contains(verdict.value)) &&
        (layer.value === "all" || row.dataset.layer === layer.value) &&
        (!removed.checked || row.dataset.removed !== undefined);
      row.hidden = !fits;
      n += fits;
    });
    shown.value = n + " of " + rows.length + " neurons";
  }

  const controls = document.createElement("div");
  controls.className = "controls";
  controls.append(labelled("search", search), labelled("verdict", verdict));
  if (layers.length > 1) { controls.append(labelled("layer", layer)); }
  if (rows.some(function (row) { return row.dataset.removed !== undefined; })) {
    controls.append(labelled("removed only", removed));
  }
  controls.append(shown);
  [search, verdict, layer, removed].forEach(function (control) {
    control.addEventListener("input", filter);
  });
  table.parentNode.before(controls);
  filter();
});
