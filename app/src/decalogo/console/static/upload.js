// Upload of many files into one batch: checked and hashed before they are sent, divided into uploads that the limits
// allow, repeated where the service asks to wait. An upload that was cut off goes on in its batch after a reload: what is
// there already, by SHA-256, is not sent again.
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
const typed = panel.querySelector("#typed");
const csv = panel.querySelector("#table");
const FIELDS = ["name", "code", "department", "period"];
const UNFINISHED = "decalogo-upload"; // in the browser's storage: batch and digests of an upload that is under way

let entries = [];
let sending = false;
let table = null;

input.addEventListener("change", () => { add([...input.files]); input.value = ""; });
for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", async (event) => { event.preventDefault(); add(await filesOf(event.dataTransfer)); });
panel.querySelector(".clear").addEventListener("click", () => { if (!sending) { entries = []; draw(); } });
typed.addEventListener("change", draw);
csv.addEventListener("change", () => { typed.disabled = csv.files.length > 0; draw(); });
send.addEventListener("click", () => { if (!sending) sendAll(); });
form.addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });

function add(files) {
  for (const file of files) {
    const entry = { file, name: file.webkitRelativePath || file.name, state: "waiting", hash: "", metadata: {} };
    if (file.size === 0) entry.state = "empty";
    else if (file.size > MAX_BYTES - ROOM_FOR_FORM) entry.state = "too_large";
    else if (UNSUPPORTED.test(file.name)) entry.state = "unsupported";
    entries.push(entry);
  }
  draw();
}

function draw() {
  chosen.hidden = entries.length === 0;
  for (const cell of panel.querySelectorAll("thead .typed")) cell.hidden = !describes();
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
  line.append(name, bytes, entry.cell, ...(describes() ? FIELDS.map((field) => typedCell(entry, field)) : []));
  return line;
}

// A table says the same for all documents; an archive holds several documents, which only a table can describe.
function describes() {
  return typed.checked && !csv.files.length;
}

function isArchive(entry) {
  return /\.zip$/i.test(entry.file.name);
}

function typedCell(entry, field) {
  const cell = document.createElement("td");
  if (isArchive(entry)) return cell;
  const box = document.createElement("input");
  box.maxLength = 200;
  box.value = entry.metadata[field] ?? "";
  box.setAttribute("aria-label", `${panel.querySelector(`thead [data-field="${field}"]`).textContent}: ${entry.name}`);
  box.addEventListener("input", () => { entry.metadata[field] = box.value; });
  cell.append(box);
  return cell;
}

function metadataOf(entry) {
  return Object.fromEntries(Object.entries(entry.metadata).map(([key, value]) => [key, value.trim()]).filter(([, value]) => value));
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
  let job = await hashAll();
  const waiting = entries.filter((entry) => entry.state === "hashed");
  whole.max = waiting.reduce((sum, entry) => sum + entry.file.size, 0) || 1;
  whole.value = 0;
  await readTable();
  for (const group of groups(waiting)) job = await sendGroup(group, job) || job;
  sending = false;
  draw();
  whole.hidden = true;
  if (!waiting.length) count.textContent = words.nothing;
  const refused = entries.some((entry) => entry.state === "refused");
  if (waiting.length && job && !refused) {
    localStorage.removeItem(UNFINISHED);
    location.assign(`/batches/${job}`);
  }
}

// SHA-256 of each file, one at a time: a browser holds the whole file for it. Returns the batch of an upload of these
// files that was cut off, or nothing.
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
  const stored = JSON.parse(localStorage.getItem(UNFINISHED) ?? "{}");
  let job = "";
  for (let at = 0; at < hashes.length; at += 5000) {
    const answer = await repeated(() => fetch("/upload/known", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify(hashes.slice(at, at + 5000)),
    }));
    if (!answer.ok) return "";
    const known = await answer.json();
    for (const entry of entries) if (entry.state === "hashed" && known[entry.hash]) mark(entry, "known");
    if (Object.values(known).includes(stored.job) && hashes.some((hash) => stored.hashes.includes(hash))) job = stored.job;
  }
  return job;
}

function* groups(waiting) {
  let group = [];
  let bytes = 0;
  for (const entry of waiting) {
    const cost = entry.file.size + 1024;
    const apart = describes() && group.length && isArchive(entry) !== isArchive(group[0]);
    if (group.length && (apart || group.length >= MAX_DOCUMENTS || bytes + cost > MAX_BYTES - ROOM_FOR_FORM)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(entry);
    bytes += cost;
  }
  if (group.length) yield group;
}

// Sends files into a batch, or into a new one; returns the batch, or nothing if they were refused.
async function sendGroup(group, job) {
  const before = whole.value;
  const key = await digestOf(JSON.stringify([group.map((entry) => entry.hash), options(group, job), table?.text ?? ""]));
  const answer = await repeated(() => post(group, key, (sent) => { whole.value = before + sent; }, job), group);
  const told = answer.ok ? await answer.json() : await answer.json().catch(() => ({}));
  whole.value = before + group.reduce((sum, entry) => sum + entry.file.size, 0);
  for (const entry of group) mark(entry, answer.ok ? "sent" : "refused", answer.ok ? "" : told.detail || words.refused);
  if (answer.ok) localStorage.setItem(UNFINISHED, JSON.stringify({ job: told.job_id, hashes: entries.map((entry) => entry.hash) }));
  return answer.ok ? told.job_id : "";
}

// What the person says: name of the batch and points that do not apply, at its first upload; metadata of each document.
function options(group, job) {
  const documents = describes() && !isArchive(group[0]) ? { documents: group.map((entry) => ({ metadata: metadataOf(entry) })) } : {};
  if (job) return { job_id: job, ...documents };
  const name = panel.querySelector("#batch-name").value.trim();
  const points = [...panel.querySelectorAll(".not-applicable:checked")].map((box) => box.value);
  return { metadata: name ? { name } : {}, not_applicable: points, ...documents };
}

async function readTable() {
  const file = csv.files[0];
  table = file ? { file, text: (await file.text()).toLowerCase() } : null;
}

async function digestOf(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// XMLHttpRequest, because fetch does not report the progress of what it sends.
function post(group, key, progress, job) {
  const data = new FormData();
  data.append("options", JSON.stringify(options(group, job)));
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
