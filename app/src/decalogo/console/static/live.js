// Live progress: a batch by server-sent events, a single document by asking every two seconds.
const panel = document.querySelector(".live");
const watched = document.querySelector("[data-watch]");

if (panel) follow(panel);
if (watched) watch(watched.dataset.watch);

function follow(panel) {
  const words = JSON.parse(panel.dataset.words);
  const count = panel.querySelector(".count");
  const bar = panel.querySelector("progress");
  const begun = { time: Date.now(), done: bar.value };
  let events = null;

  const show = (status) => {
    const { counts } = status;
    const done = counts.total - counts.queued - counts.running;
    bar.max = counts.total;
    bar.value = done;
    count.textContent = `${done} / ${counts.total}${left(done, counts.total)}`;
    for (const item of panel.querySelectorAll("[data-state]")) {
      const value = counts[item.dataset.state];
      item.querySelector("strong").textContent = value;
      item.classList.toggle("none", value === 0);
    }
  };

  const left = (done, total) => {
    const rate = (done - begun.done) / (Date.now() - begun.time);
    if (!(rate > 0) || done >= total) return "";
    const seconds = Math.ceil((total - done) / rate / 1000);
    const time = seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
    return ` · ${words.left.replace("{time}", time)}`;
  };

  const listen = () => {
    events = new EventSource(`/api/v1/batch/${panel.dataset.job}/events`);
    events.addEventListener("progress", (event) => show(JSON.parse(event.data)));
    events.addEventListener("finished", (event) => {
      show(JSON.parse(event.data));
      events.close();
      location.reload();
    });
    events.addEventListener("deleted", () => { events.close(); location.assign("/batches"); });
    events.addEventListener("open", () => count.classList.remove("offline"));
    events.addEventListener("error", () => {
      count.textContent = words.offline;
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    });
  };
  listen();
}

function watch(address) {
  const ask = async () => {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (answer.status === 401 || answer.status === 404) return location.reload();
      const { state } = answer.ok ? await answer.json() : { state: "queued" };
      if (state !== "queued" && state !== "running") return location.reload();
    } catch { /* The service is away: ask again. */ }
    setTimeout(ask, 2000);
  };
  setTimeout(ask, 2000);
}
