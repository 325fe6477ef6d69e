// Upload of many files: checked and hashed before they are sent, divided into uploads that the limits allow, repeated
// where the service asks to wait, and continued after a reload (what is there already, by SHA-256, is not sent again).
import { filesOf } from "./dropped.js";

const panel = document.querySelector("#upload");
const words = JSON.parse(panel.dataset.words);
const MAX_DOCUMENTS = Number(panel.dataset.documents);
const MAX_BYTES = Number(panel.dataset.bytes);
const ROOM_FOR_FORM = 64 * 1024; // boundaries and headers of the form
const UNSUPPORTED = /\.(exe|dll|msi|dmg|iso|mp[34]|avi|mov|mkv|wav|zipx|rar|7z|gz|tar|dwg|shp|db|js|css)$/i;
const csrf = document.querySelector('meta[name="csrf"]').content;

const form = panel.querySelector("form");
const input = panel.querySelector("#files");
const drop = panel.querySelector(".drop");
const chosen = panel.querySelector(".chosen");
const body = panel.querySelector("tbody");
const count = panel.querySelector(".chosen-count");
const whole = panel.querySelector(".whole");
const send = panel.querySelector(".send");

let entries = [];
let sending = false;
let table = null;

input.addEventListener("change", () => { add([...input.files]); input.value = ""; });
for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", async (event) => { event.preventDefault(); add(await filesOf(event.dataTransfer)); });
panel.querySelector(".clear").addEventListener("click", () => { if (!sending) { entries = []; draw(); } });
send.addEventListener("click", () => { if (!sending) sendAll(); });
form.addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });

function add(files) {
  for (const file of files) {
    const entry = { file, name: file.webkitRelativePath || file.name, state: "waiting", hash: "" };
    if (file.size === 0) entry.state = "empty";
    else if (file.size > MAX_BYTES - ROOM_FOR_FORM) entry.state = "too_large";
    else if (UNSUPPORTED.test(file.name)) entry.state = "unsupported";
    entries.push(entry);
  }
  draw();
}

function draw() {
  chosen.hidden = entries.length === 0;
  body.replaceChildren(...entries.map(row));
  const bytes = entries.reduce((sum, entry) => sum + entry.file.size, 0);
  count.textContent = words.count.replace("{count}", entries.length).replace("{size}", size(bytes));
  send.disabled = sending || !entries.some((entry) => entry.state === "waiting");
}

function row(entry) {
  const line = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  name.textContent = entry.name;
  const bytes = document.createElement("td");
  bytes.className = "n";
  bytes.textContent = size(entry.file.size);
  entry.cell = document.createElement("td");
  mark(entry, entry.state, entry.detail);
  line.append(name, bytes, entry.cell);
  return line;
}

function mark(entry, state, detail = "") {
  entry.state = state;
  entry.detail = detail;
  const bad = ["empty", "too_large", "unsupported", "refused"].includes(state);
  entry.cell.className = bad ? "bad" : "";
  entry.cell.textContent = detail || words[state].replace("{size}", size(MAX_BYTES));
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const unit = bytes < 1024 ** 2 ? ["KB", 1024] : ["MB", 1024 ** 2];
  return `${(bytes / unit[1]).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} ${unit[0]}`;
}

async function sendAll() {
  sending = true;
  send.disabled = true;
  whole.hidden = false;
  await hashAll();
  const waiting = entries.filter((entry) => entry.state === "hashed");
  whole.max = waiting.reduce((sum, entry) => sum + entry.file.size, 0) || 1;
  whole.value = 0;
  const batches = [];
  await readTable();
  const divided = [...groups(waiting)];
  for (const [index, group] of divided.entries()) {
    const job = await sendGroup(group, divided.length > 1 ? ` (${index + 1}/${divided.length})` : "");
    if (job) batches.push(job);
  }
  sending = false;
  draw();
  whole.hidden = true;
  if (!waiting.length) count.textContent = words.nothing;
  const refused = entries.some((entry) => entry.state === "refused");
  if (batches.length === 1 && !refused) location.assign(`/batches/${batches[0]}`);
  else if (batches.length && !refused) location.assign("/batches");
}

// SHA-256 of each file, one at a time: a browser holds the whole file for it.
async function hashAll() {
  const seen = new Set();
  for (const entry of entries.filter((item) => item.state === "waiting")) {
    mark(entry, "hashing");
    const digest = await crypto.subtle.digest("SHA-256", await entry.file.arrayBuffer());
    entry.hash = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (seen.has(entry.hash)) mark(entry, "twice");
    else { seen.add(entry.hash); entry.state = "hashed"; entry.cell.textContent = words.waiting; }
  }
  const hashes = [...seen];
  for (let at = 0; at < hashes.length; at += 5000) {
    const answer = await repeated(() => fetch("/upload/known", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify(hashes.slice(at, at + 5000)),
    }));
    if (!answer.ok) return;
    const known = new Set(await answer.json());
    for (const entry of entries) if (entry.state === "hashed" && known.has(entry.hash)) mark(entry, "known");
  }
}

function* groups(waiting) {
  let group = [];
  let bytes = 0;
  for (const entry of waiting) {
    const cost = entry.file.size + 1024;
    if (group.length && (group.length >= MAX_DOCUMENTS || bytes + cost > MAX_BYTES - ROOM_FOR_FORM)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(entry);
    bytes += cost;
  }
  if (group.length) yield group;
}

async function sendGroup(group, number) {
  const before = whole.value;
  const key = await digestOf(JSON.stringify([group.map((entry) => entry.hash), options(number), table?.text ?? ""]));
  const answer = await repeated(() => post(group, key, (sent) => { whole.value = before + sent; }, number), group);
  const told = answer.ok ? await answer.json() : await answer.json().catch(() => ({}));
  whole.value = before + group.reduce((sum, entry) => sum + entry.file.size, 0);
  for (const entry of group) mark(entry, answer.ok ? "sent" : "refused", answer.ok ? "" : told.detail || words.refused);
  return answer.ok ? told.job_id : "";
}

// What the person says of the batch: its name, a table with the documents' metadata, points that do not apply.
function options(number) {
  const name = panel.querySelector("#batch-name").value.trim();
  const points = [...panel.querySelectorAll(".not-applicable:checked")].map((box) => box.value);
  return { metadata: name ? { name: name + number } : {}, not_applicable: points };
}

async function readTable() {
  const file = panel.querySelector("#table").files[0];
  table = file ? { file, text: (await file.text()).toLowerCase() } : null;
}

async function digestOf(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// XMLHttpRequest, because fetch does not report the progress of what it sends.
function post(group, key, progress, number) {
  const data = new FormData();
  data.append("options", JSON.stringify(options(number)));
  if (table && group.some((entry) => table.text.includes(entry.file.name.toLowerCase()))) data.append("table", table.file);
  for (const entry of group) { data.append("files", entry.file, entry.file.name); mark(entry, "sending"); }
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/batch/upload");
    request.setRequestHeader("X-CSRF-Token", csrf);
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.addEventListener("progress", (event) => progress(event.loaded));
    request.addEventListener("load", () => resolve(new Response(request.response, {
      status: request.status, headers: { "Retry-After": request.getResponseHeader("Retry-After") ?? "" },
    })));
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => reject(new Error(name)));
    request.send(data);
  });
}

// Repeats a request while the service is away or asks to wait.
async function repeated(request, group = []) {
  for (;;) {
    let wait = 3;
    try {
      const answer = await request();
      if (answer.status === 401) location.reload();
      if (answer.status !== 429 && answer.status !== 503 && answer.status !== 502) return answer;
      wait = Number(answer.headers.get("Retry-After")) || wait;
      for (const entry of group) mark(entry, "waiting", words.retry.replace("{seconds}", wait));
    } catch {
      count.textContent = words.offline;
    }
    await new Promise((resume) => setTimeout(resume, wait * 1000));
  }
}
