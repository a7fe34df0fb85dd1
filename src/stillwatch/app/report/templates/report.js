"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const PAGE = 20;

  // ---- colours
  const remember = (choice) => { try { localStorage.setItem("stillwatch-theme", choice); } catch { /* files may have no storage */ } };
  const recall = () => { try { return localStorage.getItem("stillwatch-theme"); } catch { return null; } };
  const choices = [...document.querySelectorAll("[data-theme-choice]")];
  const paint = (choice) => {
    if (choice === "auto") delete root.dataset.theme; else root.dataset.theme = choice;
    for (const b of choices) b.setAttribute("aria-pressed", String(b.dataset.themeChoice === choice));
  };
  const stored = recall();
  paint(stored === "light" || stored === "dark" ? stored : "auto");
  for (const b of choices) b.addEventListener("click", () => { paint(b.dataset.themeChoice); remember(b.dataset.themeChoice); });

  // ---- words
  const whole = new Intl.NumberFormat("en-GB");
  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const spell = (text) => text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, (c) => "\\u" + c.codePointAt(0).toString(16).padStart(4, "0"));
  const visible = (text) => text.length > 48 ? spell(text.slice(0, 32)) + "…(" + whole.format(text.length) + " characters)" : spell(text);
  const count = (n) => n === null ? "–" : whole.format(n);
  const bits = (n) => n === null ? "–" : (n < 0 ? "−" : "+") + (Math.abs(n) / 10).toFixed(1);
  const share = (n) => n === null ? "–" : n > 999 ? ">99.9%" : n < 1 ? "<0.1%" : (n / 10).toFixed(1).replace(/\.0$/, "") + "%";
  const day = (minutes) => {
    if (minutes === null) return "–";
    const at = new Date(minutes * 60000);
    return at.getUTCDate() + " " + MONTHS[at.getUTCMonth()] + " " + at.getUTCFullYear();
  };

  // ---- members
  const cell = (tag, text, name) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (tag === "th") {
      node.scope = "row";
      const bdi = document.createElement("bdi");
      bdi.className = "id";
      bdi.textContent = text;
      node.append(bdi);
    } else {
      node.textContent = text;
    }
    return node;
  };
  const csvCell = (value) => {
    let text = value === null ? "" : String(value);
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };

  const table = (box) => {
    const data = JSON.parse(box.querySelector("script.data").textContent);
    const total = data.id.length;
    if (!total) return;
    const body = box.querySelector("tbody");
    const status = box.querySelector(".status");
    const where = box.querySelector(".where");
    const [previous, next] = [box.querySelector(".previous"), box.querySelector(".next")];
    const state = { key: "bits", down: true, page: 0, rows: Array.from({ length: total }, (_, i) => i), words: "" };
    let haystack = null;

    const strongest = (i) => data.families
      .map((name, f) => [name, data.weights[f][i]])
      .filter((pair) => pair[1] !== null)
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, 3)
      .map((pair) => pair[0] + " " + bits(pair[1]))
      .join(" · ");
    const line = (i) => {
      const tr = document.createElement("tr");
      tr.append(
        cell("th", visible(data.id[i])), cell("td", spell(data.role[i].replaceAll("_", " ")), "when"), cell("td", share(data.p[i]), "num"),
        cell("td", bits(data.bits[i]), "num"), cell("td", count(data.own[i]), "num"), cell("td", count(data.all[i]), "num"),
        cell("td", day(data.first[i]), "when"), cell("td", day(data.last[i]), "when"), cell("td", strongest(i), "why"));
      return tr;
    };
    const draw = () => {
      const pages = Math.max(1, Math.ceil(state.rows.length / PAGE));
      state.page = Math.min(Math.max(state.page, 0), pages - 1);
      const from = state.page * PAGE;
      const shown = state.rows.slice(from, from + PAGE);
      body.replaceChildren(...shown.map(line));
      previous.disabled = state.page === 0;
      next.disabled = state.page === pages - 1;
      where.textContent = shown.length ? count(from + 1) + "–" + count(from + shown.length) + " of " + count(state.rows.length) : "none";
      status.textContent = state.words ? count(state.rows.length) + " of " + count(total) + " match" : "";
    };
    const order = () => {
      const column = data[state.key];
      const sign = state.down ? -1 : 1;
      state.rows.sort((a, b) => {
        const [x, y] = [column[a], column[b]];
        if (x === y) return a - b;
        if (x === null) return 1;
        if (y === null) return -1;
        return x < y ? -sign : sign;
      });
    };
    const find = () => {
      haystack ??= data.id.map((id, i) => (id + " " + data.role[i]).toLowerCase());
      state.rows = [];
      for (let i = 0; i < total; i++) if (haystack[i].includes(state.words)) state.rows.push(i);
      state.page = 0;
      order();
      draw();
    };

    for (const th of box.querySelectorAll("th[data-key]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...th.childNodes);
      th.append(button);
      button.addEventListener("click", () => {
        const key = th.dataset.key;
        state.down = state.key === key ? !state.down : !["id", "role", "first"].includes(key);
        state.key = key;
        state.page = 0;
        for (const other of box.querySelectorAll("th[data-key]")) other.removeAttribute("aria-sort");
        th.setAttribute("aria-sort", state.down ? "descending" : "ascending");
        order();
        draw();
      });
    }
    let waiting = 0;
    box.querySelector("input").addEventListener("input", (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { state.words = event.target.value.trim().toLowerCase(); find(); }, 120);
    });
    previous.addEventListener("click", () => { state.page -= 1; draw(); });
    next.addEventListener("click", () => { state.page += 1; draw(); });
    box.querySelector(".csv").addEventListener("click", () => {
      const names = ["account_id", "role", "p_member", "weight_bits", "campaign_exchanges", "exchanges", ...data.families.map((f) => f + "_bits")];
      const lines = state.rows.map((i) => [
        data.id[i], data.role[i], data.p[i] === null ? null : data.p[i] / 1000, data.bits[i] === null ? null : data.bits[i] / 10, data.own[i], data.all[i],
        ...data.weights.map((w) => w[i] === null ? null : w[i] / 10)]);
      const text = [names, ...lines].map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      link.download = "members-" + box.dataset.campaign.replace(/[^\w-]/g, "_").slice(0, 60) + ".csv";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
    for (const part of box.querySelectorAll(".controls")) part.hidden = false;
    if (total <= PAGE) box.querySelector(".pager").hidden = true;
    draw();
  };
  for (const box of document.querySelectorAll(".members")) table(box);

  // ---- print: everything open, then as it was
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const d of opened) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of opened) d.open = false; });
})();
