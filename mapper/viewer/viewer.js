/* Wafer viewer. Names come from files and are untrusted: text goes in through textContent only. */
const started = performance.now();
const $ = (id) => document.getElementById(id), root = document.documentElement;
const { min, max, floor, round, abs, hypot, ceil } = Math;
function el(tag, props, ...children) {
	const node = document.createElement(tag);
	for (const [key, value] of Object.entries(props || {})) {
		if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
		else node.setAttribute(key, value);
	}
	node.append(...children.flat(9).map((c) => (c instanceof Node ? c : String(c))));
	return node;
}
const button = (text, action, props) => el("button", { type: "button", onclick: action, ...props }, text);
const fill = (node, ...items) => node.replaceChildren(...items.flat(9));
const h2 = (text) => el("h2", {}, text), h3 = (...parts) => el("h3", {}, parts);
const soft = (text) => el("p", { class: "soft", "aria-live": "polite" }, text);
const number = (v) => (v === null || Number.isNaN(v) ? "–" : (round(v * 100) / 100).toLocaleString("en"));
const percent = (part, whole) => (whole ? number((100 * part) / whole) + " %" : "–");
const sum = (list) => list.reduce((a, b) => a + b, 0);
const largest = (list) => list.reduce((a, b) => (b > a ? b : a), 0);
const unique = (list) => [...new Set(list)].sort((a, b) => a - b);
const each = (make) => solutions.map((_, s) => make(s));
const where = (list, test) => Array.from(list.keys()).filter((i) => test(list[i], i));

/* --- data: deflated JSON and typed arrays */
async function read() {
	if (!window.DecompressionStream) throw new Error("this browser is too old, it has no DecompressionStream");
	const bytes = Uint8Array.from(atob($("data").textContent), (c) => c.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
	const buffer = await new Response(stream).arrayBuffer();
	const length = new DataView(buffer).getUint32(0, true);
	const meta = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
	const make = ([name, type, offset, size]) => [name, new window[type](buffer, 4 + length + offset, size)];
	return [meta, Object.fromEntries(meta.arrays.map(make))];
}
let D, A;
try {
	[D, A] = await read();
} catch (error) {
	$("title").textContent = "Cannot show this file: " + error.message;
	throw error;
}
const { solutions, populations: pops, projections: links } = D;
const X = A["chip.x"], Y = A["chip.y"], T = Y.map((y) => 2 * y), N = X.length, LINES = 320, HLINES = 64, GROUPS = D.colours.groups;
const [status, deadDrivers, defectChip, defectKind, defectCount] = ["status", "drivers", "hicann", "kind", "count"].map((n) => A["defect." + n]);
const chipAt = new Map(Array.from(X, (x, i) => [`${x},${Y[i]}`, i]));
const chipName = (c) => `HICANN ${c} (${X[c]},${Y[c]})`, netName = (n) => `H${n >> 3}.${n & 7}`;
const chipOf = (segment) => floor(segment / LINES);
/* arrays of a solution: take(s, "route", "net segment") */
const take = (s, part, names) => names.split(" ").map((n) => A[`s${s}.${part}.${n}`]);
const own = (part, names) => take(S.a, part, names);
const owner = pops.flatMap((p, i) => Array(p.size).fill(i));
function cellName(cell) {
	const p = pops[owner[cell]];
	return p ? `${p.name}[${cell - p.first}]` : `cell ${cell}`;
}

/* --- state, kept in the hash of the address */
const TABS = { summary, chip, routes, loss, findings };
const S = { a: 0, b: -1, m: D.network ? "lost" : "neurons", q: 0, c: -1, n: [], p: -1, t: "summary", lock: 1, g: 1, d: "", x: 18, y: 16, z: 0 };
function readHash() {
	const limits = { a: solutions.length, b: solutions.length, c: N, lock: 2, g: 2, p: links.length, q: pops.length, x: 40, y: 40, z: 4001 };
	const lists = { m: D.metrics.map((m) => m.key), t: Object.keys(TABS), d: ["light", "dark"] };
	for (const [key, text] of new URLSearchParams(location.hash.slice(1))) {
		const v = +text, low = "bcp".includes(key) ? -1 : 0;
		if (lists[key]?.includes(text)) S[key] = text;
		if (v >= low && v < limits[key] && (v % 1 === 0 || "xyz".includes(key))) S[key] = v;
		if (key === "n") S.n = text.split(",").filter((n) => n && n >= 0 && n < 8 * N && n % 1 === 0).map(Number);
	}
}
let saving = 0;
function saveHash() {
	clearTimeout(saving);
	saving = setTimeout(() => {
		const shown = Object.entries(S).map(([k, v]) => [k, "xyz".includes(k) ? v.toFixed(2) : String(v)]).filter(([, v]) => v);
		try { history.replaceState(null, "", "#" + new URLSearchParams(shown)); } catch { /* a frame without address */ }
	}, 150);
}
const say = (text) => { $("say").textContent = text; };

/* --- colours */
const theme = () => D.colours.themes[root.className || "light"];
const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const step = (list, share) => list[round(min(max(share, 0), 1) * 64)];
const sequential = (share) => step(D.colours.sequential, share);
const diverging = (share) => step(theme().diverging, (share + 1) / 2);
const routeColour = (i) => theme().routes[i % 6];
const inkOn = (hex) => (rgb(hex)[0] * 0.3 + rgb(hex)[1] * 0.59 + rgb(hex)[2] * 0.11 > 120 ? "#000000" : "#ffffff");
function swatch(colour) {
	const box = el("span", { class: "swatch", "aria-hidden": "true" });
	box.style.background = colour;
	return box;
}
const groupKey = () => el("p", {}, "decoder group", GROUPS.map((c, i) => [swatch(c), i]));

/* --- values by chip */
function values(s, key) {
	const kept = A[`s${s}.chip.${key}`] || A["chip." + key], p = pops[S.q], [hosts] = take(s, "cell", "hicann");
	if (kept) return kept;
	const count = (cells) => cells.reduce((list, c) => { list[c]++; return list; }, new Float32Array(N));
	const part = count(hosts.subarray(p.first, p.first + p.size)), all = count(hosts);
	return key === "share" ? part.map((v, c) => (100 * v) / all[c]) : part;
}
const coloured = () => D.metrics.find((m) => m.key === S.m);
function scale() {
	const metric = coloured(), here = values(S.a, S.m);
	if (metric.kind) return { metric, here, kind: metric.kind };
	if (S.b >= 0) {
		const other = values(S.b, S.m), change = here.map((v, i) => (other[i] || 0) - (v || 0));
		return { metric, here: change, kind: "change", top: largest(change.map(abs)) || 1 };
	}
	const shown = S.lock ? each((s) => largest(values(s, S.m))) : [largest(here)];
	return { metric, here, kind: "value", top: max(...shown) || 1 };
}
function colourOf(sc, c) {
	const v = sc.here[c];
	if (sc.kind === "name") return GROUPS[(v + (v >> 2)) % 4];
	if (Number.isNaN(v) || (sc.kind === "value" && v === 0)) return theme().chip;
	return sc.kind === "change" ? diverging(v / sc.top) : sequential(v / sc.top);
}
function describe(c) {
	const { metric, here } = scale();
	return `${chipName(c)}: ${metric.label} ${number(here[c])} ${metric.unit || ""}${status[c] ? ", " + D.states[status[c]] : ""}`;
}

/* --- geometry on a chip of 1 x 2 units */
const hY = (h) => 0.94 + (0.12 * (h + 0.5)) / HLINES;
const rowY = (r) => (r < 224 ? 0.05 : 0.27) + (0.84 * r) / 224;
const driverX = (d) => ((d + (d < 112)) % 2 ? 0.83 : 0.17);
const driverY = (d) => rowY(2 * d + 1);
/* --- the synapse array of one chip */
const arrays = new Map(), placed = []; /* synapses of each solution by chip */
function synapseArray(s, c) {
	const key = `${s},${c}`;
	if (arrays.has(key)) return arrays.get(key);
	if (arrays.size > 60) arrays.clear();
	const canvas = el("canvas", { width: 256, height: 448 }), image = new ImageData(256, 448), row = new Int32Array(448).fill(-1);
	const cell = new Int32Array(256).fill(-1), synapse = new Map(), single = D.level === "synapses", colours = GROUPS.map(rgb);
	const [host, column, width] = take(s, "cell", "hicann column width");
	host.forEach((h, i) => { if (h === c && column[i] >= 0) cell.fill(i, column[i], column[i] + width[i]); });
	const [rowChip, rows, even, odd] = take(s, "row", "hicann row even odd");
	rowChip.forEach((h, i) => {
		if (h !== c) return;
		row[rows[i]] = i;
		for (let k = 0; k < 256; k++) {
			const group = (k % 2 ? odd : even)[i];
			if (group >= 0 && cell[k] >= 0) image.data.set([...colours[group], single ? 60 : 190], 4 * (256 * rows[i] + k));
		}
	});
	if (single) {
		const [at, to] = take(s, "synapse", "row column");
		if (!placed[s]) {
			placed[s] = Array.from(X, () => []);
			A["synapse.post"].forEach((post, i) => { if (at[i] >= 0) placed[s][host[post]].push(i); });
		}
		for (const i of placed[s][c]) {
			image.data[4 * (256 * at[i] + to[i]) + 3] = 255;
			synapse.set(256 * at[i] + to[i], i);
		}
	}
	canvas.getContext("2d").putImageData(image, 0, 0);
	arrays.set(key, { canvas, row, cell, synapse });
	return arrays.get(key);
}

/* --- drawing */
const damaged = new Set(defectChip), pinned = new Set(D.pins.flatMap((p) => p.hicanns));
let found = new Set();
function strokes(colour, width, points, alpha = 1) {
	g.globalAlpha = alpha; g.strokeStyle = colour; g.lineWidth = width; g.beginPath();
	for (let i = 0; i < points.length; i += 4) { g.moveTo(points[i], points[i + 1]); g.lineTo(points[i + 2], points[i + 3]); }
	g.stroke(); g.globalAlpha = 1;
}
const px = (x) => (x - scene.left) * scene.z, py = (y) => (y - scene.top) * scene.z;
function drawScene(sc) {
	const { z, left, top, width, height } = scene, t = theme(), gap = min(2, z * 0.05), w = z - gap, h = 2 * z - gap;
	g.fillStyle = t.paper; g.fillRect(0, 0, width, height);
	const seen = where(X, (x, c) => x + 1 > left && px(x) < width && T[c] + 2 > top && py(T[c]) < height);
	for (const c of seen) {
		const x = px(X[c]) + gap / 2, y = py(T[c]) + gap / 2;
		g.fillStyle = colourOf(sc, c); g.fillRect(x, y, w, h);
		if (z > 60) drawInside(c, px(X[c]), py(T[c]), z);
		if (status[c]) hatch(x, y, w, h, status[c]);
		else if (damaged.has(c)) strokes(t.alarm, 1.5, [x, y + h * 0.12, x + w * 0.24, y]);
	}
	drawRoutes();
	g.font = `${round(min(18, z / 2.6))}px sans-serif`; g.textAlign = "center";
	for (const c of seen) {
		const x = px(X[c] + 0.5), y = py(T[c]), r = max(3, z * 0.1);
		if (pinned.has(c)) {
			strokes(t.ink, 1.5, [x, y + 0.4 * z, x, y + 0.4 * z + 2.5 * r]);
			g.fillStyle = t.paper;
			for (const draw of ["fillRect", "strokeRect"]) g[draw](x - r, y + 0.4 * z - r, 2 * r, 2 * r);
		}
		if (found.has(c)) {
			g.beginPath(); g.moveTo(x, y + 1.6 * z - r); g.lineTo(x + r, y + 1.6 * z + r); g.lineTo(x - r, y + 1.6 * z + r);
			g.fillStyle = t.alarm; g.fill();
		}
		g.fillStyle = z > 60 ? t.ink : inkOn(colourOf(sc, c));
		if (z >= 20) g.fillText(sc.kind === "name" ? sc.here[c] : c, x, z > 60 ? y + 0.04 * z : y + 1.13 * z);
	}
	if (S.c < 0) return;
	g.lineWidth = 3; g.strokeStyle = t.ink; g.strokeRect(px(X[S.c]), py(T[S.c]), z, 2 * z);
}
function hatch(x, y, w, h, kind) {
	const points = [], step = max(4, w / 4);
	for (let d = step; d < w + h; d += step) points.push(x + max(0, d - h), y + min(d, h), x + min(d, w), y + max(0, d - w));
	strokes(theme().faint, 1, points);
	if (kind < 3) strokes(theme().alarm, 1.5, [x, y, x + w, y + h, ...(kind === 2 ? [x, y + h, x + w, y] : [])]);
}
function drawInside(c, x, y, z) {
	const t = theme(), dead = [];
	g.fillStyle = t.paper; g.globalAlpha = 0.8; g.fillRect(x, y, z, 2 * z); g.globalAlpha = 1;
	g.strokeStyle = t.faint; g.lineWidth = 1; g.imageSmoothingEnabled = z < 400;
	for (const half of [0, 1]) {
		const area = [x + z * 0.19, y + z * rowY(224 * half), z * 0.62, z * 0.84];
		g.strokeRect(...area);
		if (z > 200) g.drawImage(synapseArray(S.a, c).canvas, 0, 224 * half, 256, 224, ...area);
	}
	const [host, column, width] = own("cell", "hicann column width");
	for (const i of where(host, (h, k) => h === c && column[k] >= 0)) {
		g.fillStyle = i % 2 ? t.ink : t.faint;
		for (const strip of [0.897, 1.07]) g.fillRect(x + z * (0.19 + (0.62 * column[i]) / 256), y + z * strip, (z * 0.62 * width[i]) / 256, z * 0.03);
	}
	const [net, chip_, first, last] = own("chain", "net hicann first last");
	for (const k of where(chip_, (h) => h === c)) {
		const y0 = rowY(2 * first[k]), i = S.n.indexOf(net[k]);
		g.fillStyle = i < 0 ? t.faint : routeColour(i);
		g.fillRect(x + z * (driverX(first[k]) - 0.012), y + z * y0, z * 0.024, z * (rowY(2 * last[k] + 1) + 0.003 - y0));
	}
	for (const d of deadDrivers) if (floor(d / 224) === c) dead.push(...[-0.02, 0.02].flatMap((e) => [x + z * (driverX(d % 224) + e), y + z * driverY(d % 224)]));
	strokes(t.alarm, 1, dead);
}
function drawRoutes() {
	const { z, left, top, width, height } = scene, right = left + width / z, bottom = top + height / z, ghost = S.n.length ? 0.12 : 0.35;
	const draw = (s, pick, colour, thick, alpha) => {
		const [nets, ends] = take(s, "line", "net points"), points = [];
		nets.forEach((net, i) => {
			const k = 4 * i, a = ends[k], b = ends[k + 1], c = ends[k + 2], d = ends[k + 3];
			if (pick(net) && max(a, c) >= left && min(a, c) <= right && max(b, d) >= top && min(b, d) <= bottom) points.push(px(a), py(b), px(c), py(d));
		});
		strokes(colour, thick, points, alpha);
	};
	if (S.g) draw(S.a, (n) => !S.n.includes(n), theme().ink, min(1, z / 150), ghost);
	S.n.forEach((net, i) => {
		const colour = routeColour(i), c = net >> 3, r = max(3, z * 0.05), [served, host, primary] = own("chain", "net hicann primary"), [closed, at] = own("switch", "net points");
		if (S.b >= 0) draw(S.b, (n) => n === net, colour, 1.2, 0.6);
		draw(S.a, (n) => n === net, colour, min(4, 1.5 + z / 100), 1);
		g.fillStyle = colour; g.beginPath();
		const mark = (x, y, r) => g.rect(x - r / 2, y - r / 2, r, r);
		for (const k of where(served, (n) => n === net)) mark(px(X[host[k]] + driverX(primary[k])), py(T[host[k]] + driverY(primary[k])), r);
		if (z > 60) for (const k of where(closed, (n) => n === net)) mark(px(at[2 * k]), py(at[2 * k + 1]), r / 2);
		mark(px(X[c] + 0.5), py(T[c] + hY(62 - 8 * (net & 7))), 2 * r);
		g.fill();
	});
}

/* --- the canvas: the scene is drawn with a margin and only moved while panning */
const wafer = $("wafer"), screen = wafer.getContext("2d"), MARGIN = 0.3, ratio = min(2, devicePixelRatio || 1);
let scene = null, g = el("canvas").getContext("2d"), pending = 0, settle = 0;
const size = () => [wafer.clientWidth, wafer.clientHeight];
function fit() {
	const [w, h] = size();
	Object.assign(S, { x: 18, y: 16, z: max(2, min(w / 37, h / 33.5)) });
}
function viewOf(margin) {
	const [width, height] = size().map((v) => v * (1 + 2 * margin));
	return { ...S, left: S.x - width / 2 / S.z, top: S.y - height / 2 / S.z, width, height };
}
function blit() {
	pending = 0;
	const view = viewOf(0), resized = (c, v) => { c.canvas.width = v.width * ratio; c.canvas.height = v.height * ratio; c.scale(ratio, ratio); };
	if (!view.width || !view.height) return;
	const far = scene && max(abs(S.x - scene.x) / view.width, abs(S.y - scene.y) / view.height) * S.z > MARGIN;
	if (!scene || (far && scene.z === S.z)) {
		scene = viewOf(MARGIN);
		resized(g, scene);
		drawScene(scale());
		resized(screen, view);
	}
	const k = view.z / scene.z;
	screen.fillStyle = theme().paper; screen.fillRect(0, 0, view.width, view.height);
	screen.drawImage(g.canvas, (scene.left - view.left) * S.z, (scene.top - view.top) * S.z, scene.width * k, scene.height * k);
	on(screen, drawKey);
}
function show() { if (!pending) pending = requestAnimationFrame(blit); }
function move() {
	show(); saveHash();
	clearTimeout(settle);
	settle = setTimeout(redraw, 120);
}
function redraw() {
	scene = null; show(); saveHash();
	wafer.setAttribute("aria-label", `Wafer map: ${key().title}`);
}
/* draws with another context */
function on(context, draw) {
	const kept = g;
	g = context; draw(); g = kept;
}
function update() { panel(); redraw(); }
function zoom(factor, atX, atY) {
	const [w, h] = size(), z = min(4000, max(2, S.z * factor));
	S.x += (atX - w / 2) * (1 / S.z - 1 / z); S.y += (atY - h / 2) * (1 / S.z - 1 / z); S.z = z;
	move();
}
const pointers = new Map();
let dragged = 0;
const spot = (e) => [e.offsetX, e.offsetY];
wafer.onpointerdown = (e) => { pointers.set(e.pointerId, spot(e)); dragged = 0; wafer.setPointerCapture(e.pointerId); };
wafer.onpointermove = (e) => {
	const before = pointers.get(e.pointerId), at = spot(e);
	if (!before) { const c = chipUnder(...at); wafer.title = c < 0 ? "" : describe(c); return; }
	const [dx, dy] = [at[0] - before[0], at[1] - before[1]], other = [...pointers].find(([id]) => id !== e.pointerId);
	if (other) {
		const far = ([x, y]) => hypot(x - other[1][0], y - other[1][1]);
		if (far(before) > 4) zoom(far(at) / far(before), ...other[1]);
	} else { S.x -= dx / S.z; S.y -= dy / S.z; move(); }
	dragged += abs(dx) + abs(dy);
	pointers.set(e.pointerId, at);
};
wafer.onpointercancel = (e) => pointers.delete(e.pointerId);
wafer.onpointerup = (e) => { pointers.delete(e.pointerId); if (dragged < 5) pick(...spot(e), added(e)); };
wafer.addEventListener("wheel", (e) => { e.preventDefault(); zoom(Math.exp(-e.deltaY / 400), ...spot(e)); }, { passive: false });
const added = (e) => e.ctrlKey || e.metaKey || e.shiftKey;
const place = (x, y) => { const { left, top } = viewOf(0); return [left + x / S.z, top + y / S.z]; };
const chipUnder = (x, y) => { const [u, v] = place(x, y); return chipAt.get(`${floor(u)},${floor(v / 2)}`) ?? -1; };
function pick(x, y, more) {
	const [u, v] = place(x, y), c = chipUnder(x, y), [nets, ends] = own("line", "net points");
	let best = 4 / S.z, hit = -1;
	if (S.z > 60) nets.forEach((net, i) => {
		const [a, b, d, e] = ends.subarray(4 * i, 4 * i + 4);
		const far = hypot(max(min(a, d) - u, 0, u - max(a, d)), max(min(b, e) - v, 0, v - max(b, e)));
		if (far < best) { best = far; hit = net; }
	});
	if (hit >= 0) chooseNet(hit, more); else if (c >= 0) chooseChip(c);
}
function chooseChip(c, near) {
	const { width: w, height: h } = viewOf(0), x = X[c] + 0.5, y = T[c] + 1;
	S.c = c; S.t = "chip";
	if (near) S.z = max(S.z, min(w / 4, h / 5));
	if (near || abs(x - S.x) > w / S.z / 2 - 0.5 || abs(y - S.y) > h / S.z / 2 - 1) { S.x = x; S.y = y; }
	update(); say(describe(c));
}
function chooseNet(net, more) {
	const shown = S.n.includes(net);
	if (more) S.n = shown ? S.n.filter((n) => n !== net) : [...S.n, net];
	else S.n = shown && S.n.length === 1 ? [] : [net];
	S.t = "routes"; update(); say(`route ${netName(net)} ${S.n.includes(net) ? "shown" : "hidden"}`);
}
wafer.onkeydown = (e) => {
	const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key], middle = size().map((v) => v / 2);
	if (way) {
		const c = S.c < 0 ? 188 : chipAt.get(`${X[S.c] + way[0]},${Y[S.c] + way[1]}`);
		if (c !== undefined) chooseChip(c);
	} else if (e.key === "+" || e.key === "=") zoom(1.5, ...middle);
	else if (e.key === "-") zoom(1 / 1.5, ...middle);
	else if (e.key === "0") { fit(); redraw(); }
	else if (e.key === "Escape") { S.n = []; update(); }
	else if (e.key === "Enter") { if (S.c >= 0) chooseChip(S.c, true); $("panel").focus(); }
	else return;
	e.preventDefault();
};
/* the key of the colours */
function key() {
	const { metric, kind, top } = scale(), change = kind === "change";
	const title = (change ? `${solutions[S.b].label} minus ${solutions[S.a].label}: ` : "") + metric.label + (metric.one ? `: ${pops[S.q].name}` : "") + (metric.unit ? ` [${metric.unit}]` : "");
	return { title, ends: kind === "name" ? [] : change ? [-top, 0, top] : [0, top / 2, top], shade: (v) => (change ? diverging(2 * v - 1) : sequential(v)) };
}
function drawKey() {
	const { title, ends, shade } = key(), t = theme(), y = size()[1] - 30;
	g.fillStyle = t.paper; g.fillRect(0, y - 22, 300, 60);
	const bar = (n, colour) => { for (let i = 0; i < n; i++) { g.fillStyle = colour(i); g.fillRect(10 + (280 * i) / n, y, 280 / n + 0.3, 10); } };
	bar(ends.length && 56, (i) => shade(i / 55));
	if (S.z > 200) bar(4, (i) => GROUPS[i]);
	g.fillStyle = t.ink; g.font = "12px sans-serif"; g.textAlign = "left";
	g.fillText(S.z > 200 ? "decoder group 0 to 3" : title, 10, y - 7);
	if (S.z <= 200) ends.forEach((v, i) => { g.textAlign = ["left", "center", "right"][i]; g.fillText(number(v), 10 + 140 * i, y + 24); });
}

/* --- pictures */
const brief = (v) => (v.toFixed ? round(v * 100) / 100 : v);
/* the part of a canvas context that is used here, as SVG */
class Recorder {
	globalAlpha = 1;
	constructor({ width, height }) {
		this.svg = this.node("svg", { viewBox: [0, 0, width, height].join(" "), width, height, "font-family": "sans-serif" });
	}
	node(tag, props, text = "") {
		const node = document.createElementNS($("svg").namespaceURI, tag);
		for (const [name, v] of Object.entries(props)) node.setAttribute(name, brief(v));
		node.append(text);
		return node;
	}
	add(tag, props, text) { this.svg.append(this.node(tag, { opacity: this.globalAlpha, ...props }, text)); }
	draw(fill, more) { if (this.d) this.add("path", { d: this.d, fill, ...more }); }
	beginPath() { this.d = ""; }
	path(...parts) { this.d += parts.map(brief).join(" "); }
	moveTo(x, y) { this.path("M", x, y); }
	lineTo(x, y) { this.path("L", x, y); }
	rect(x, y, w, h) { this.path("M", x, y, "h", w, "v", h, "h", -w, "z"); }
	fill() { this.draw(this.fillStyle); }
	stroke() { this.draw("none", { stroke: this.strokeStyle, "stroke-width": this.lineWidth }); }
	fillRect(...area) { this.beginPath(); this.rect(...area); this.fill(); }
	strokeRect(...area) { this.beginPath(); this.rect(...area); this.stroke(); }
	fillText(text, x, y) { this.add("text", { x, y, fill: this.fillStyle, "font-size": parseInt(this.font), "text-anchor": { left: "start", center: "middle", right: "end" }[this.textAlign] }, text); }
	drawImage(from, sx, sy, w, h, x, y, width, height) {
		const part = el("canvas", { width: w, height: h });
		part.getContext("2d").drawImage(from, -sx, -sy);
		this.add("image", { href: part.toDataURL(), x, y, width, height, preserveAspectRatio: "none" });
	}
}
function paint(context) {
	const kept = scene;
	scene = viewOf(0);
	on(context, () => { drawScene(scale()); drawKey(); });
	scene = kept;
}
const download = (href, name) => el("a", { href, download: name }).click();
$("png").onclick = () => {
	const view = viewOf(0), canvas = el("canvas", { width: 2 * view.width, height: 2 * view.height }), c = canvas.getContext("2d");
	c.scale(2, 2); paint(c);
	download(canvas.toDataURL(), "wafer.png");
};
$("tosvg").onclick = () => {
	const recorder = new Recorder(viewOf(0));
	paint(recorder);
	download("data:image/svg+xml," + encodeURIComponent(new XMLSerializer().serializeToString(recorder.svg)), "wafer.svg");
};

