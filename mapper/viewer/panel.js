/* --- what stands beside the map */
function table(head, rows) {
	const cells = (tag, scope, list) => el("tr", {}, list.map((v, i) => (i ? el(tag, {}, v) : el("th", { scope }, v))));
	return el("table", {}, el("thead", {}, cells("th", "col", head)), el("tbody", {}, rows.map((r) => cells("td", "row", r))));
}
const signed = (v) => (v > 0 ? "+" : "") + number(v);
/* one row: every solution, and the change */
const line = (label, list, format = number) => [label, ...list.map(format), ...(S.b >= 0 ? [signed(list[S.b] - list[S.a])] : [])];
const heads = (first) => [first, ...solutions.map((s) => s.label), ...(S.b >= 0 ? ["change"] : [])];
const causeTable = (lists) => table(heads("synapses"), D.causes.map((name, k) => line(name, lists.map((l) => l[k]))));
const netButton = (n) => button(netName(n), (e) => chooseNet(n, added(e)), { "aria-pressed": S.n.includes(n) });
function rowsOf(items, most = 300, kind = "rows") {
	const rest = items.length - most;
	return [el("ul", { class: kind }, items.slice(0, most).map((i) => el("li", {}, i))), rest > 0 ? soft(`and ${rest} more`) : ""];
}
const netList = (nets) => rowsOf(nets.map(netButton), 200, "list");
const causes = (s, part, i) => Array.from(take(s, part, "cause")[0].subarray(D.causes.length * i, D.causes.length * (i + 1)));
function panel() {
	found = new Set(compared().flatMap((s) => solutions[s].findings.map((f) => f[1])));
	fill($("tabs"), Object.keys(TABS).map((t) => button(t[0].toUpperCase() + t.slice(1), () => { S.t = t; update(); },
		{ role: "tab", "aria-selected": S.t === t, "aria-controls": "panel" })));
	fill($("panel"), TABS[S.t]());
}
const compared = () => unique([S.a, S.b]).filter((s) => s >= 0);
function summary() {
	const rows = solutions[0].rows.map(([label], i) => [label, ...solutions.map((s) => s.rows[i][1])]);
	const pins = D.pins.map((p) => button(p.text, () => p.hicanns.length && chooseChip(p.hicanns[0], true), { title: p.where }));
	return [h2(D.title || D.instance), table(["", ...solutions.map((s) => s.label)], rows),
		section("Manual placement", pins, rowsOf), section("Defects", D.defects, (list) => table(["", "count"], list))];
}
const section = (title, list, make) => (list.length ? [h3(`${title}: ${list.length}`), make(list)] : []);
function chip() {
	const c = S.c, here = each((s) => pops.map((p) => sum(take(s, "cell", "hicann")[0].subarray(p.first, p.first + p.size).map((h) => h === c))));
	if (c < 0) return [soft("Click a HICANN or search its number.")];
	const [net, segment] = own("route", "net segment"), [arrivalNet, arrivalChip] = own("arrival", "net hicann");
	const lines = unique(where(segment, (v) => chipOf(v) === c).map((i) => net[i])), served = unique(where(arrivalChip, (h) => h === c).map((i) => arrivalNet[i]));
	return [h2(chipName(c)), soft(`reticle ${A["chip.reticle"][c]}, FPGA ${A["chip.fpga"][c]}, ${D.states[status[c]]}`),
		table(heads(""), D.metrics.filter((m) => m.title).map((m) => line(m.title, each((s) => values(s, m.key)[c])))),
		section("Findings", findingList(c), rowsOf), section("Manual placement", D.pins.filter((p) => p.hicanns.includes(c)).map((p) => p.text), rowsOf),
		section("Kinds blacklisted", where(defectChip, (h) => h === c), (list) => table(["", "count"], list.map((i) => [D.kinds[defectKind[i]], defectCount[i]]))),
		section("Populations", where(pops, (_, p) => sum(here.map((n) => n[p]))), (list) => table(heads("cells"), list.slice(0, 40).map((p) => line(button(pops[p].name, () => showPopulation(p)), here.map((n) => n[p]))))),
		h3("Synapse array"), arrayPlot(c), section("Routes sent", lines.filter((n) => n >> 3 === c), netList), section("Routes arriving", served, netList),
		section("Routes passing", lines.filter((n) => n >> 3 !== c && !served.includes(n)), netList)];
}
function arrayPlot(c) {
	const { canvas, row, cell, synapse } = synapseArray(S.a, c), text = soft("448 rows by 256 columns; point at a synapse");
	const plot = el("canvas", { class: "plot", width: 256, height: 448, role: "img", "aria-label": `Synapse array of ${chipName(c)} by decoder group` });
	const [chain, even, odd, side] = own("row", "chain even odd side");
	plot.getContext("2d").drawImage(canvas, 0, 0);
	plot.onpointermove = (e) => {
		const k = floor((e.offsetX * 256) / plot.clientWidth), r = floor((e.offsetY * 448) / plot.clientHeight), i = row[r], at = synapse.get(256 * r + k);
		text.textContent = `row ${r} (driver ${r >> 1}), column ${k}` + (cell[k] >= 0 ? `, neuron ${cellName(cell[k])}` : "") +
			(i >= 0 ? `, route ${netName(own("chain", "net")[0][chain[i]])}, decoder group ${(k % 2 ? odd : even)[i]}, ${side[i] ? "right" : "left"} input` : "") +
			(at >= 0 ? `, synapse of ${cellName(A["synapse.pre"][at])}, weight ${own("synapse", "weight")[0][at]}` : "");
	};
	return [plot, groupKey(), text];
}
function netLoss(s, net) {
	const [ids] = take(s, "net", "id"), at = ids ? ids.indexOf(net) : -1;
	return at < 0 ? D.causes.map(() => 0) : causes(s, "net", at);
}
const lostOf = (list) => sum(list.slice(1));
function routes() {
	const all = unique(own("net", "id")[0] || own("route", "net")[0]), lost = new Map(all.map((n) => [n, lostOf(netLoss(S.a, n))]));
	return [h2("Routes"), S.n.length ? button("clear", () => { S.n = []; update(); }) : soft("Click a route, here or (zoomed in) on the map."), S.n.slice(0, 8).map(routeDetails),
		h3(`All ${all.length} routes, most lost synapses first`), netList(all.sort((a, b) => lost.get(b) - lost.get(a)))];
}
function routeDetails(net, at) {
	const c = net >> 3, [host, dnc] = own("cell", "hicann dnc"), cells = where(host, (h, i) => h === c && dnc[i] === (net & 7));
	const [ids, segment, parent, hop] = own("route", "net segment parent hops"), mine = where(ids, (n) => n === net);
	const lane = (l) => (l < HLINES ? l : l - HLINES), names = unique(cells.map((i) => owner[i] ?? -1)).filter((p) => p >= 0).map((p) => pops[p].name);
	const steps = mine.map((i) => {
		const o = chipOf(segment[i]), l = segment[i] % LINES, was = parent[i] % LINES;
		const how = parent[i] < 0 ? `sent by DNC merger ${net & 7}` : chipOf(parent[i]) === o ? "crossbar switch" : `hop ${hop[i]}, lane ${lane(was)} → ${lane(l)}`;
		return button(`${chipName(o)} ${l < HLINES ? "H" : "V"}Line ${lane(l)}: ${how}`, () => { S.c = o; S.x = X[o] + 0.5; S.y = T[o] + 1; redraw(); });
	});
	const [chainNet, chips, first, last] = own("chain", "net hicann first last");
	const chains = where(chainNet, (n) => n === net).map((k) => button(`${chipName(chips[k])} drivers ${first[k]} to ${last[k]}: ${(last[k] - first[k]) / 2 + 1}`, () => chooseChip(chips[k])));
	const folded = (title, items) => el("details", {}, el("summary", {}, title), rowsOf(items));
	return [h3(swatch(routeColour(at)), `Route ${netName(net)} from ${chipName(c)}`),
		soft(`${cells.length} cells ${names.slice(0, 9).join(", ")}; ${mine.length} lines on ${unique(mine.map((i) => chipOf(segment[i]))).length} HICANNs, ${largest(mine.map((i) => hop[i]))} hops`),
		D.network ? causeTable(each((s) => netLoss(s, net))) : "", folded(`${steps.length} lines and lane shifts`, steps), folded(`${chains.length} driver chains`, chains)];
}

/* --- losses */
function plotMatrix(rows, columns, entries, label, onPick) {
	const cell = max(1, floor(384 / max(rows, columns))), at = new Map(), text = soft("rows send, columns receive; point or click");
	const plot = el("canvas", { class: "plot", width: columns * cell, height: rows * cell, role: "img", "aria-label": label }), c = plot.getContext("2d");
	for (const e of entries) {
		const b = S.b >= 0 ? e.lost[S.b] : 0, a = e.lost[S.a];
		c.fillStyle = diverging(S.b >= 0 ? (b - a) / e.required : a ? 0.3 + (0.7 * a) / e.required : -1);
		c.fillRect(e.column * cell, e.row * cell, cell, cell);
		at.set(e.row * columns + e.column, e);
	}
	const under = (e) => at.get(floor((e.offsetY * rows) / plot.clientHeight) * columns + floor((e.offsetX * columns) / plot.clientWidth));
	const words = (e) => `${e.name()}: ${number(e.required)} required; lost: ${solutions.map((s, i) => `${s.label} ${number(e.lost[i])} (${percent(e.lost[i], e.required)})`).join(", ")}`;
	plot.onpointermove = (e) => { text.textContent = under(e) ? words(under(e)) : "no synapses"; };
	plot.onclick = (e) => under(e) && onPick(under(e));
	return [plot, el("p", {}, swatch(diverging(-1)), S.b >= 0 ? "less loss" : "realised", swatch(diverging(1)), S.b >= 0 ? "more loss" : "lost"), text];
}
function loss() {
	if (!D.network) return [soft("Losses by projection need the instance: mapper view --instance FILE.")];
	if (S.p >= 0) return projectionLoss(links[S.p], S.p);
	const pairs = D.pairs.map(([row, column, required, of], i) => ({
		row, column, required, of, lost: each((s) => take(s, "pair", "lost")[0][i]), name: () => `${pops[row].name} → ${pops[column].name}`,
	}));
	const totals = links.map((_, p) => each((s) => causes(s, "projection", p))), order = [...links.keys()];
	order.sort((a, b) => lostOf(totals[b][S.a]) - lostOf(totals[a][S.a]));
	const detail = el("div"), item = (p) => button(links[p].name, () => showProjection(p)), open = (list) => (list[1] === undefined ? showProjection(list[0]) : fill(detail, rowsOf(list.map(item))));
	return [h2("Loss by population"), plotMatrix(pops.length, pops.length, pairs, "Loss by population; numbers below", (e) => open(e.of)), detail,
		h3("Projections"), table(heads(""), order.slice(0, 300).map((p) => line(item(p), totals[p].map(lostOf), (v) => `${number(v)} (${percent(v, sum(totals[p][0]))})`)))];
}
const members = (runs) => runs.flatMap(([first, count, step]) => Array.from({ length: count }, (_, i) => first + i * step));
function showProjection(p) { S.p = p; S.t = "loss"; update(); }
function showPopulation(p) { S.m = "population"; S.q = p; controls(); redraw(); say(`coloured by ${pops[p].name}`); }
function projectionLoss(q, p) {
	const pre = members(q.pre), post = members(q.post), perPre = A["bins.pre"][p], perPost = A["bins.post"][p], [host, dnc] = own("cell", "hicann dnc"), detail = el("div");
	const range = (list, at, step) => cellName(list[at * step]) + (step > 1 ? ` to ${cellName(list[min(list.length, (at + 1) * step) - 1])}` : "");
	const entries = Array.from(A["bins.index"].subarray(A["bins.start"][p], A["bins.start"][p + 1]), (index, k) => {
		const row = index >> 7, column = index & 127, i = A["bins.start"][p] + k;
		return { row, column, required: A["bins.required"][i], lost: each((s) => take(s, "bins", "lost")[0][i]), name: () => `${range(pre, row, perPre)} → ${range(post, column, perPost)}` };
	});
	const nets = unique(pre.filter((i) => dnc[i] >= 0).map((i) => 8 * host[i] + dnc[i]));
	const pickBin = (e) => {
		if (D.level !== "synapses") { fill(detail, soft("Single synapses: mapper view --level synapses.")); return; }
		const rows = new Set(pre.slice(e.row * perPre, (e.row + 1) * perPre)), columns = new Set(post.slice(e.column * perPost, (e.column + 1) * perPost)), items = [];
		const [row, column, weight, cause] = own("synapse", "row column weight cause");
		for (let i = A["synapse.start"][p]; i < A["synapse.start"][p + 1]; i++) {
			const a = A["synapse.pre"][i], b = A["synapse.post"][i], c = host[b];
			if (!rows.has(a) || !columns.has(b)) continue;
			const words = cause[i] ? "lost, " + D.causes[cause[i]] : `row ${row[i]}, column ${column[i]}, weight ${weight[i]}`;
			items.push(button(`${cellName(a)} → ${cellName(b)}: ${c < 0 ? "not placed" : chipName(c)}, ${words}`, () => c >= 0 && chooseChip(c, true)));
		}
		fill(detail, rowsOf(items));
	};
	return [button("all projections", () => showProjection(-1)), h2(q.name), soft(`${q.receptor}; ${pre.length} × ${post.length} cells, ${perPre} × ${perPost} in one square`),
		plotMatrix(ceil(pre.length / perPre), ceil(post.length / perPost), entries, `Losses of ${q.name} by cell`, pickBin), detail,
		button(`show its ${nets.length} routes`, () => { S.n = nets.slice(0, 400); redraw(); say(`${nets.length} routes shown`); }), causeTable(each((s) => causes(s, "projection", p)))];
}
function findingList(c) {
	return compared().flatMap((s) => solutions[s].findings.filter((f) => c < 0 || f[1] === c)
		.map(([kind, at, place_, message]) => button(`${solutions[s].label}: ${kind}: ${chipName(at)} ${place_}: ${message}`, () => chooseChip(at, true))));
}
function findings() {
	const list = findingList(-1), examples = compared().flatMap((s) => solutions[s].examples);
	return [h2("Findings of the audit"), table(["", "verdict"], solutions.map((s) => [s.label, s.verdict])),
		section("Broken rules", list, (items) => rowsOf(items, 1000)), section("Spurious synapses, for example", examples, rowsOf)];
}

/* --- header */
function controls() {
	const a = solutions.map((s, i) => [i, s.label]), lists = { a, b: [[-1, "nothing"], ...a], m: D.metrics.map((m) => [m.key, m.label]), q: pops.map((p, i) => [i, p.name]) };
	for (const [id, list] of Object.entries(lists)) fill($(id), list.map(([v, label]) => new Option(label, v, false, v === S[id])));
	for (const id of ["lock", "g"]) $(id).checked = S[id];
	$("qlabel").hidden = !coloured().one;
}
for (const id of "abmq") $(id).onchange = () => { S[id] = id === "m" ? $(id).value : +$(id).value; controls(); update(); };
for (const id of ["lock", "g"]) $(id).onchange = () => { S[id] = +$(id).checked; redraw(); };
function applyTheme() {
	root.className = root.style.colorScheme = S.d || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
	for (const [name, colour] of Object.entries(theme())) root.style.setProperty("--" + name, colour);
}
$("theme").onclick = () => { S.d = root.className === "dark" ? "light" : "dark"; applyTheme(); update(); };
$("search").oninput = () => {
	const text = $("search").value.trim().toLowerCase(), hits = [], xy = /^x?(\d+)[,y ]+(\d+)$/.exec(text), net = /^h?(\d+)\.([0-7])$/.exec(text);
	const c = xy ? chipAt.get(`${+xy[1]},${+xy[2]}`) : /^\d+$/.test(text) ? +text : -1;
	if (c >= 0 && c < N) hits.push([chipName(c), () => chooseChip(c, true)]);
	if (net && net[1] < N) hits.push([`route ${netName(8 * net[1] + +net[2])}`, () => chooseNet(8 * net[1] + +net[2])]);
	for (const [kind, list, action] of [["population", pops, showPopulation], ["projection", links, showProjection]]) {
		if (text) list.forEach((item, i) => { if (item.name.toLowerCase().includes(text)) hits.push([`${kind} ${item.name}`, () => action(i)]); });
	}
	fill($("hits"), hits.slice(0, 20).map(([label, action]) => el("li", {}, button(label, () => { fill($("hits")); action(); }))));
	say(`${hits.length} results`);
};
$("search").onkeydown = (e) => {
	const first = $("hits").querySelector("button");
	if (e.key === "Enter" && first) first.click();
	if (e.key === "Escape") fill($("hits"));
};
function start() {
	readHash(); applyTheme(); controls();
	if (S.z < 2) fit();
	update();
}
document.title = $("title").textContent = `${D.instance}: wafer`;
addEventListener("hashchange", start);
new ResizeObserver(redraw).observe(wafer);
start();
requestAnimationFrame(() => requestAnimationFrame(() => { root.dataset.ready = round(performance.now() - started); }));
